/**
 * Makes sure that the tests find what they run, before `deno task test` starts them. Silent when everything is there.
 * As root on Debian it installs what is missing; otherwise it names it and fails.
 */

interface Needed {
  readonly package: string;
  readonly isThere: () => boolean;
}

const NEEDED: readonly Needed[] = [
  { package: "mariadb-server", isThere: () => has("mariadbd") && has("mariadb-install-db") },
  { package: "redis-server", isThere: () => has("redis-server") && has("redis-cli") },
  { package: "nginx", isThere: () => has("nginx") },
  { package: "libnginx-mod-stream", isThere: () => isFile("/usr/lib/nginx/modules/ngx_stream_module.so") },
  // Other programs of this name lack -N.
  { package: "netcat-openbsd", isThere: () => has("nc.openbsd") },
];

/** Installed services must not start: the tests start their own, and the machine may run others. */
const INSTALL = `
set -e
export DEBIAN_FRONTEND=noninteractive
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
  trap 'rm -f $policy' EXIT
  printf '#!/bin/sh\\nexit 101\\n' >$policy
  chmod +x $policy
fi
apt-get -q update
apt-get -q install -y --no-install-recommends "$@"
`;

const missing = NEEDED.filter((each) => !each.isThere()).map((each) => each.package);
if (missing.length > 0) {
  if (Deno.uid() !== 0 || !has("apt-get")) {
    fail(
      `The tests need ${
        missing.join(", ")
      } (names of Debian packages): install them, and run the tests again.`,
    );
  }
  console.error(`Installing ${missing.join(", ")}, which the tests need.`);
  const { success, stdout, stderr } = new Deno.Command("sh", { args: ["-c", INSTALL, "sh", ...missing] })
    .outputSync();
  if (!success) fail(new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr));
  const still = NEEDED.filter((each) => !each.isThere()).map((each) => each.package);
  if (still.length > 0) fail(`Installed, but not found: ${still.join(", ")}.`);
}

function has(program: string): boolean {
  // Debian keeps servers where an ordinary user does not look.
  const folders = [...(Deno.env.get("PATH") ?? "").split(":"), "/usr/sbin", "/usr/bin", "/bin"];
  return folders.some((folder) => isFile(`${folder}/${program}`));
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

function fail(message: string): never {
  console.error(message);
  Deno.exit(1);
}
