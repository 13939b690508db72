"""What to install for a module: the names on PyPI that differ from the name that is imported."""

from __future__ import annotations

import re

DISTRIBUTIONS = {
    "Crypto": "pycryptodome",
    "Cryptodome": "pycryptodomex",
    "Levenshtein": "python-Levenshtein",
    "MySQLdb": "mysqlclient",
    "OpenSSL": "pyOpenSSL",
    "PIL": "Pillow",
    "ReversingLabs": "reversinglabs-sdk-py3",
    "akamai": "edgegrid-python",
    "apiclient": "google-api-python-client",
    "attr": "attrs",
    "bs4": "beautifulsoup4",
    "bson": "pymongo",
    "cbc_sdk": "carbon-black-cloud-sdk",
    "cv2": "opencv-python",
    "dateutil": "python-dateutil",
    "demisto_client": "demisto-py",
    "devo": "devo-sdk",
    "dns": "dnspython",
    "docx": "python-docx",
    "dotenv": "python-dotenv",
    "faker": "Faker",
    "fitz": "PyMuPDF",
    "github": "PyGithub",
    "gitlab": "python-gitlab",
    "google.auth": "google-auth",
    "google.oauth2": "google-auth",
    "google.protobuf": "protobuf",
    "googleapiclient": "google-api-python-client",
    "jose": "python-jose",
    "jwt": "PyJWT",
    "kafka": "kafka-python",
    "ldap": "python-ldap",
    "libnmap": "python-libnmap",
    "magic": "python-magic",
    "mailparser": "mail-parser",
    "markdown": "Markdown",
    "mysql": "mysql-connector-python",
    "nacl": "PyNaCl",
    "opensearchpy": "opensearch-py",
    "paho": "paho-mqtt",
    "panos": "pan-os-python",
    "pptx": "python-pptx",
    "psycopg2": "psycopg2-binary",
    "pyVim": "pyvmomi",
    "pyVmomi": "pyvmomi",
    "pymysql": "PyMySQL",
    "pyotrs": "PyOTRS",
    "pyzabbix": "py-zabbix",
    "sixgill": "sixgill-clients",
    "sklearn": "scikit-learn",
    "slack": "slackclient",
    "smb": "pysmb",
    "smbclient": "smbprotocol",
    "snowflake": "snowflake-connector-python",
    "socks": "PySocks",
    "splunklib": "splunk-sdk",
    "stomp": "stomp.py",
    "taxii2client": "taxii2-client",
    "telegram": "python-telegram-bot",
    "vt": "vt-py",
    "websocket": "websocket-client",
    "whois": "python-whois",
    "winrm": "pywinrm",
    "yaml": "PyYAML",
    "zmq": "pyzmq",
    # Python had these itself until 3.12 or 3.13.
    "asynchat": "pyasynchat",
    "asyncore": "pyasyncore",
    "cgi": "legacy-cgi",
    "imghdr": "standard-imghdr",
    "pipes": "standard-pipes",
    "telnetlib": "standard-telnetlib",
    "uu": "standard-uu",
}
SHARED_PREFIXES = frozenset({"google", "azure"})
"""Packages that many distributions share, each named as its dotted path: google.cloud.storage, azure.identity."""
VERSION = re.compile(r"_v\d+\w*$")


def distribution_of(module: str) -> str:
    """What `pip install` most likely takes for the dotted name."""
    parts = module.split(".")
    for length in range(len(parts), 0, -1):
        if (known := DISTRIBUTIONS.get(".".join(parts[:length]))) is not None:
            return known
    return VERSION.sub("", shared_part(module).replace(".", "-")).replace("_", "-")


def shared_part(module: str) -> str:
    """The start of the dotted name that one distribution brings: its first part, longer below a shared prefix."""
    parts = module.split(".")
    if parts[0] not in SHARED_PREFIXES:
        return parts[0]
    packages = [part for part in parts if part.islower()]  # A class or a constant is no part of the name.
    return ".".join(packages[: 2 if packages[:2] != ["google", "cloud"] and parts[0] == "google" else 3])
