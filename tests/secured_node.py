"""A node that speaks TLS only and asks who one is: OpenSearch with its security plugin, for tests.

Its users are `USERS`, all with one password; what `writer` and `reader` may do is what docs/cluster.md says that they must.
"""

from __future__ import annotations

import base64
import json
import re
import ssl
import subprocess
from pathlib import Path
from urllib.request import HTTPSHandler, ProxyHandler, build_opener

from opensearch_node import SECURITY, Cluster, jars

DOCS = Path(__file__).parents[1] / "docs" / "cluster.md"
PLUGIN = "org.opensearch.security.OpenSearchSecurityPlugin"
USERS = {"admin": "all_access", "writer": "news_writer", "reader": "news_reader", "nobody": "none"}
"""Who may ask, and the role of each."""

PASSWORD = "Blaues-Meer-7"  # noqa: S105  # of nodes that live for a minute
_HASH = "$2a$04$yBNDFtHuw4IYYrCdtsqnU.fG9VS7x2poCexsCdZMHGFhBkM3Fusfu"
_STORE, _OPENS = "node.p12", "for-tests"


def roles() -> str:
    """The roles that the docs tell a cluster's administrator to make."""
    found = re.search(r"```yaml\n(# roles\.yml\n.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert found, f"{DOCS} says nothing of roles"
    return found[1]


class SecuredNode(Cluster):
    """One such node; `certificate` is the file with that of who signed its own."""

    def __init__(self) -> None:
        super().__init__()
        self.urls = [url.replace("http:", "https:") for url in self.urls]
        self._jvm.append(f"-Dplugin={PLUGIN}")
        self._classes.append(f"/{SECURITY}/*")
        self._config = self._home(0) / "config"
        self.certificate = self._config / "node.pem"

    def log(self) -> str:
        """All that the node has said."""
        return (self._home(0) / "node.log").read_text(errors="replace")

    def _launch(self, number: int) -> None:
        if not self._config.exists():
            self._admit()
            self._certify()
        super()._launch(number)

    def _admit(self) -> None:
        """Say who the users are, and what they may do."""
        kept = self._config / "opensearch-security"
        kept.mkdir(parents=True)
        for template in (jars() / SECURITY / "config").glob("*.yml"):
            (kept / template.name).write_bytes(template.read_bytes())
        users = {user: {"hash": _HASH} for user in USERS}
        mapping = {role: {"users": [user]} for user, role in USERS.items()}
        for name, kind, entries in (("internal_users", "internalusers", users), ("roles_mapping", "rolesmapping", mapping)):
            of_kind = {"_meta": {"type": kind, "config_version": 2}}  # JSON is YAML
            (kept / f"{name}.yml").write_text(json.dumps(of_kind | entries))
        (kept / "roles.yml").write_text(f"_meta: {{type: roles, config_version: 2}}\n{roles()}")

    def _certify(self) -> None:
        """Make a certificate that is signed by itself; see to it that we trust it, and the node does."""
        names = ["-dname", "CN=node", "-ext", "san=ip:127.0.0.1", "-ext", "bc:c"]
        self._keytool(_STORE, "-genkeypair", "-alias", "node", "-keyalg", "RSA", "-validity", "3", *names)
        self._keytool(_STORE, "-exportcert", "-rfc", "-alias", "node", "-file", str(self.certificate))
        self._keytool("trust.p12", "-importcert", "-noprompt", "-alias", "node", "-file", str(self.certificate))
        trusting = HTTPSHandler(context=ssl.create_default_context(cafile=self.certificate))
        self._opener = build_opener(ProxyHandler({}), trusting)
        admin = base64.b64encode(f"admin:{PASSWORD}".encode()).decode()
        self._opener.addheaders = [("Authorization", f"Basic {admin}")]

    def _keytool(self, store: str, *what: str) -> None:
        opened = ["-storetype", "PKCS12", "-keystore", str(self._config / store), "-storepass", _OPENS]
        subprocess.run(["keytool", *what, *opened], check=True, capture_output=True)

    def _settings(self, number: int) -> dict[str, str]:
        ours = {"plugins.security.ssl.http.enabled": "true", "plugins.security.allow_default_init_securityindex": "true"}
        ours["plugins.security.ssl.transport.enforce_hostname_verification"] = "false"
        for layer in ("transport", "http"):
            for kind, store in (("keystore", _STORE), ("truststore", "trust.p12")):
                ours[f"plugins.security.ssl.{layer}.{kind}_filepath"] = store
                ours[f"plugins.security.ssl.{layer}.{kind}_type"] = "PKCS12"
                ours[f"plugins.security.ssl.{layer}.{kind}_password"] = _OPENS
        return super()._settings(number) | ours
