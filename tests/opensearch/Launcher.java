import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.opensearch.analysis.common.CommonAnalysisPlugin;
import org.opensearch.common.settings.Settings;
import org.opensearch.common.util.io.IOUtils;
import org.opensearch.index.reindex.ReindexPlugin;
import org.opensearch.node.InternalSettingsPreparer;
import org.opensearch.node.Node;
import org.opensearch.painless.PainlessPlugin;
import org.opensearch.plugins.Plugin;
import org.opensearch.transport.Netty4Plugin;

/**
 * An OpenSearch node for tests, with its modules from the class path; arguments are settings, `name=value`.
 * The property `plugin` names the class of a plugin that it has besides.
 *
 * <p>It ends when its standard input does, and so never outlives who started it; it then removes its `path.home`.
 */
public final class Launcher extends Node {
    private Launcher(Settings settings) throws ClassNotFoundException {
        super(InternalSettingsPreparer.prepareEnvironment(settings, Map.of(), null, () -> "node"), plugins(), true);
    }

    private static Collection<Class<? extends Plugin>> plugins() throws ClassNotFoundException {
        List<Class<? extends Plugin>> plugins = new ArrayList<>(
            List.of(Netty4Plugin.class, CommonAnalysisPlugin.class, PainlessPlugin.class, ReindexPlugin.class)
        );
        String more = System.getProperty("plugin");
        if (more != null) {
            plugins.add(Class.forName(more).asSubclass(Plugin.class));
        }
        return plugins;
    }

    public static void main(String[] arguments) {
        Settings.Builder settings = Settings.builder();
        for (String argument : arguments) {
            String[] parts = argument.split("=", 2);
            settings.put(parts[0], parts[1]);
        }
        Path home = Path.of(settings.get("path.home"));
        new Thread(() -> endWithInput(home), "end-with-input").start();
        try {
            new Launcher(settings.build()).start();
        } catch (Throwable error) {
            error.printStackTrace();
            Runtime.getRuntime().halt(1);
        }
    }

    private static void endWithInput(Path home) {
        try {
            while (System.in.read() >= 0) {
                // nobody says anything: only the end counts
            }
            for (int attempt = 1; Files.exists(home); attempt++) {
                remove(home, attempt == 10);
            }
            Files.delete(home.getParent()); // the last node of a cluster finds it empty
        } catch (IOException error) {
            error.printStackTrace();
        } finally {
            Runtime.getRuntime().halt(0);
        }
    }

    private static void remove(Path home, boolean last) throws IOException {
        try {
            IOUtils.rm(home);
        } catch (IOException error) {
            if (last) { // before, it is the node that still writes
                throw error;
            }
        }
    }
}
