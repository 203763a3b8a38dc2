"""Words whose digits or whose file name say what the error is about, so that no mask may touch them.

Without these tables `psycopg2` and `psycopg3`, `int32` and `int64`, or a missing `package.json` and a missing
`tsconfig.json` would become one pattern. Frozen with the version: adding a word makes a new version.
"""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Any digits behind these beginnings belong to the name: int32, float64, sha256, utf8, python3, es2020.
FAMILIES = _words("""
    int uint float complex bigint varchar utf ucs sha md crc aes rsa hmac base cp latin iso rfc pkcs ipv
    http html css es java jdk jre python py pip pep perl php lua qt pyqt pyside gtk sqlite mysql postgresql
    psycopg urllib ssl tls ssh oauth socks uuid arm armv mp mpeg junit log4j
""")

# Single names: libraries, formats, types, machines.
WITH_DIGITS = _words("""
    a11y aarch64 amd64 argon2 argv0 asn1 aws4 boto3 bs4 bz2 bzip2 c99 c11 c17 c23 d3 db2 e2big e2fsck ec2
    ed25519 ext2 ext3 ext4 f16 f32 f64 fat32 gb18030 gb2312 gpt2 gpt3 gpt4 h2 h264 h265 html5lib i8 i16 i32
    i64 i128 i18n i386 i486 i586 i686 jinja2 k3s k8s l10n libc6 lz4 m4 neo4j p12 p256 p384 p521 pbkdf2 pcre2
    pg8000 r2 s3 s390x secp256k1 u8 u16 u32 u64 u128 utf8mb3 utf8mb4 v8 vt100 w3c web3 win32 win64 x11
    x25519 x509 x64 x86 xxh3 xxh64 xxh128 z3
""")

# Files that every project has under the same name: a missing one is another error than another missing one.
FILES = _words("""
    .babelrc .bashrc .dockerignore .editorconfig .env .eslintrc .gitattributes .gitignore .gitmodules .netrc
    .npmrc .prettierrc .profile .yarnrc __init__.py __main__.py alembic.ini angular.json authorized_keys
    build.gradle build.gradle.kts build.rs cargo.lock cargo.toml chart.yaml cmakelists.txt compose.yaml
    composer.json conftest.py containerfile docker-compose.yaml docker-compose.yml dockerfile
    environment.yml eslint.config.js gemfile go.mod go.sum gradle.properties gradlew jest.config.js
    kustomization.yaml known_hosts makefile manage.py mix.exs mypy.ini next.config.js next.config.mjs
    nginx.conf package-lock.json package.json pg_hba.conf pipfile pipfile.lock pnpm-lock.yaml poetry.lock
    pom.xml postcss.config.js postgresql.conf postmaster.pid procfile pyproject.toml pytest.ini rakefile
    redis.conf requirements.txt ruff.toml settings.gradle setup.cfg setup.py tailwind.config.js tox.ini
    tsconfig.json uv.lock vagrantfile values.yaml vite.config.js vite.config.ts webpack.config.js yarn.lock
""")

# Endings that make a word with points or slashes a file: programs, scripts, documents and data, archives.
FILE_SUFFIXES = _words("""
    py pyi pyx ipynb js mjs cjs jsx ts mts cts tsx vue svelte cc cpp cxx go rs java kt kts scala groovy rb
    php pl tcl lua sh bash zsh fish ps1 bat cmd hs erl exs swift cs sql tf proto graphql cmake awk sed json
    jsonl json5 yaml yml toml ini cfg conf xml html htm css scss sass less md rst txt csv tsv parquet pyc
    jar war whl gz tgz tar zip bz2 xz zst deb rpm pdf png jpg jpeg gif svg webp ico woff2 pem crt sqlite
""")

# Endings that are as often an attribute (`self.log`, `event.key`): a file only where a folder or a line is
# named.
DOUBTFUL_SUFFIXES = _words("""
    a c h hh hpp hxx m mm o d r s class db key log lock env pid sock tmp bak out in pm ex ml jl fs vb l y
""")

# Headers are looked up by name, like a module: a missing `Python.h` is not a missing `zlib.h`.
LOOKED_UP_SUFFIXES = _words("h hh hpp hxx")

# Products that look like a file.
PRODUCTS = _words("node.js next.js vue.js nuxt.js three.js ember.js express.js react.js d3.js chart.js")
