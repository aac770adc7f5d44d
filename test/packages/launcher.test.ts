import { describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { version } from "../../package.json";
import { launcherFile } from "../../src/packages/build.ts";
import { executableIn, packageOf, platforms } from "../../src/packages/platforms.ts";
import { ISOLATED } from "../../src/utils/paths.ts";

const node = Bun.which("node") ?? "";
const launcher = await launcherFile(join(import.meta.dir, "../.."));
/** The packages of this platform: on Linux two, since the launcher finds out which C library its Node uses. */
const here = platforms.filter(({ os, cpu }) => os === process.platform && cpu === process.arch);

/** Says how it was started, and answers signals. */
const EXECUTABLE = `#!/bin/sh
trap 'echo terminated; exit 5' TERM
echo "arguments: $*"
case $1 in
  read) cat ;;
  fail) echo problem >&2; exit 7 ;;
  die) kill -9 $$ ;;
  wait) while [ -e "$0" ]; do sleep 0.02; done ;;
esac
`;

/** The package as npm installs it, in an empty folder, with the bundle's cli.js replaced by one that says how it was started. */
function installed(executable: string | null = EXECUTABLE) {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), "launcher-")));
  const modules = join(directory, "node_modules");
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(modules, path)), { recursive: true });
    writeFileSync(join(modules, path), text);
    chmodSync(join(modules, path), 0o755);
  };
  write("pawprint/dist/launcher.cjs", String(launcher.content));
  write("pawprint/package.json", '{"type":"module"}');
  write(
    "pawprint/dist/cli.js",
    "console.log(JSON.stringify([process.execPath, process.execArgv, process.argv.slice(2)]));",
  );
  for (const platform of here) {
    if (executable === null) continue;
    write(`${packageOf(platform)}/package.json`, "{}");
    write(`${packageOf(platform)}/${executableIn(platform)}`, executable);
  }
  const start = (args: readonly string[], env: Record<string, string> = {}, runtime = node) =>
    Bun.spawn([runtime, join(modules, "pawprint/dist/launcher.cjs"), ...args], {
      cwd: directory,
      env: { HOME: directory, PATH: "/usr/bin:/bin", ...env },
      stdio: ["pipe", "pipe", "pipe"],
    });
  return {
    directory,
    start,
    async run(args: readonly string[], env?: Record<string, string>, runtime?: string) {
      const child = start(args, env, runtime);
      await child.stdin.write("from stdin\n");
      await child.stdin.end();
      const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
      return { out, err, code, signal: child.signalCode };
    },
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  };
}

describe.skipIf(node === "" || here.length === 0)("the launcher that npm links", () => {
  test("runs this platform's executable with the same arguments, stdin and output", async () => {
    using at = installed();
    expect(await at.run(["read", "a b", "--json"])).toMatchObject({
      out: "arguments: read a b --json\nfrom stdin\n",
      err: "",
      code: 0,
    });
  });

  test("ends with the executable's exit status", async () => {
    using at = installed();
    expect(await at.run(["fail"])).toMatchObject({ err: "problem\n", code: 7 });
  });

  test("ends by the signal that ended the executable", async () => {
    using at = installed();
    expect(await at.run(["die"])).toMatchObject({ signal: "SIGKILL" });
  });

  test("passes a termination on, and waits for the executable to end", async () => {
    using at = installed();
    const child = at.start(["wait"]);
    const reader = child.stdout.getReader();
    const first = new TextDecoder().decode((await reader.read()).value);
    expect(first).toBe("arguments: wait\n");
    child.kill("SIGTERM");
    expect(new TextDecoder().decode((await reader.read()).value)).toBe("terminated\n");
    expect(await child.exited).toBe(5);
  });

  test("without the platform's package, names the command that installs it", async () => {
    using at = installed(null);
    const { out, err, code } = await at.run(["daily"]);
    expect({ out, code }).toEqual({ out: "", code: 1 });
    expect(here.map((platform) => `pawprint: the package ${packageOf(platform)}, which has the executable`)).toContain(
      err.split(", is not")[0] ?? "",
    );
    expect(err).toMatch(
      new RegExp(
        `run: npm install --global pawprint@${version} pawprint-[\\w-]+@${version}\\n.*\\n.*bunx pawprint@${version}`,
      ),
    );
  });

  test("on a platform without a package, lists those with one", async () => {
    using at = installed();
    writeFileSync(join(at.directory, "other.cjs"), 'Object.defineProperty(process, "platform", { value: "aix" });');
    const { err, code } = await at.run(["daily"], { NODE_OPTIONS: `--require ${at.directory}/other.cjs` });
    expect(code).toBe(1);
    expect(err).toStartWith(`pawprint: there is no executable for aix on ${process.arch}; there is for linux-x64, `);
    expect(err).toContain("windows-x64\n  with Bun 1.4.4 or newer, run: bunx pawprint@");
  });

  test("runs where the file of Node cannot be read, as without /proc", async () => {
    using at = installed();
    writeFileSync(join(at.directory, "lost.cjs"), 'Object.defineProperty(process, "execPath", { value: "node" });');
    const { out, err } = await at.run(["daily"], { NODE_OPTIONS: `--require ${at.directory}/lost.cjs` });
    expect({ out, err }).toEqual({ out: "arguments: daily\n", err: "" });
  });

  test.skipIf(process.platform !== "linux")(
    "names the loader that the executable needs and the system lacks",
    async () => {
      using at = installed("\x7fELF\0\0/lib/ld-musl-nowhere.so.1\0");
      const { err, code } = await at.run(["daily"]);
      expect(code).toBe(1);
      expect(err).toContain("/bin/pawprint needs /lib/ld-musl-nowhere.so.1, which this system lacks\n  with Bun");
    },
  );

  test("an executable that cannot be run gives the reason", async () => {
    using at = installed("#!/nowhere/sh\n");
    const { err, code } = await at.run(["daily"]);
    expect(code).not.toBe(0);
    expect(err).toMatch(/ENOENT/);
  });
});

describe.skipIf(node === "")("the launcher that bunx runs", () => {
  const agent = (bun: string): Record<string, string> => ({
    npm_config_user_agent: `bun/${bun} npm/? node/v26.3.0 linux x64`,
    npm_execpath: process.execPath,
  });

  test("runs the bundle with the same Bun, without the configuration of the current folder", async () => {
    using at = installed();
    const { out } = await at.run(["daily", "--json"], agent(Bun.version));
    expect(JSON.parse(out)).toEqual([process.execPath, ISOLATED, ["daily", "--json"]]);
  });

  test("in Bun itself, runs the bundle too", async () => {
    using at = installed();
    const { out } = await at.run(["daily"], {}, process.execPath);
    expect(JSON.parse(out)).toEqual([process.execPath, ISOLATED, ["daily"]]);
  });

  test("finds Bun beside the program that is called bunx", async () => {
    using at = installed();
    const bin = join(at.directory, "bin");
    mkdirSync(bin);
    writeFileSync(join(bin, "bun"), `#!/bin/sh\nexec '${process.execPath}' "$@"\n`, { mode: 0o755 });
    const { out } = await at.run(["daily"], { ...agent(Bun.version), npm_execpath: join(bin, "bunx") });
    expect(JSON.parse(out)[2]).toEqual(["daily"]);
  });

  test.skipIf(here.length === 0).each(["1.4.3", "1.3.99", "0.9.9"])(
    "with Bun %s, which is too old for the bundle, runs the executable",
    async (old) => {
      using at = installed();
      expect((await at.run(["daily"], agent(old))).out).toBe("arguments: daily\n");
    },
  );

  test.each(["1.4.10", "1.10.0", "2.0.0"])("takes Bun %s for a newer one", async (newer) => {
    using at = installed();
    expect(JSON.parse((await at.run(["daily"], agent(newer))).out)[2]).toEqual(["daily"]);
  });
});
