import { describe, expect, test } from "bun:test";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { version } from "../../package.json";

const script = join(import.meta.dir, "../../data/deploy/install.sh");
/** The shells of this machine, each with the words that start it. */
const shells = [["sh"], ["dash"], ["bash", "--posix"], ["busybox", "sh"]].filter(([name = ""]) => Bun.which(name));
const shell = shells[0] ?? ["sh"];
/** A test of a download, which needs one of the two programs that the script uses for it. */
const testDownload = test.skipIf(Bun.which("curl") === null && Bun.which("wget") === null);
const PROGRAM = '#!/bin/sh\n[ "$1" = --version ] || exit 9\necho 9.9.9\n';

/** A release for Linux on x64 with `program` as its executable, and a machine that says it is one. */
function release(program = PROGRAM) {
  const directory = mkdtempSync(join(tmpdir(), "release-"));
  const files = join(directory, "files");
  const bin = join(directory, "bin");
  const archive = join(files, `pawprint-linux-x64-${version}.tgz`);
  mkdirSync(join(directory, "package/bin"), { recursive: true });
  for (const path of [files, join(directory, "tools"), join(directory, "tmp")]) mkdirSync(path);
  writeFileSync(join(directory, "package/bin/pawprint"), program, { mode: 0o755 });
  Bun.spawnSync(["tar", "-czf", archive, "-C", directory, "package"]);
  const digest = new Bun.CryptoHasher("sha256").update(readFileSync(archive)).digest("hex");
  writeFileSync(
    join(files, "SHA256SUMS"),
    `${"0".repeat(64)}  pawprint-${version}.tgz\n${digest}  pawprint-linux-x64-${version}.tgz\n`,
  );
  const machine = (system: string, processor: string): void => {
    const path = join(directory, "tools/uname");
    writeFileSync(path, `#!/bin/sh\n[ "$1" = -s ] && echo ${system} || echo ${processor}\n`);
    chmodSync(path, 0o755);
  };
  machine("Linux", "x86_64");
  return {
    directory,
    files,
    archive,
    machine,
    installed: join(bin, "pawprint"),
    /** Runs the script; the release is `files` unless the arguments name another. */
    async run(args: readonly string[] = ["--from", files], words: readonly string[] = shell) {
      const child = Bun.spawn([...words, script, "--dir", bin, ...args], {
        env: {
          HOME: directory,
          PATH: `${directory}/tools:/usr/local/bin:/usr/bin:/bin`,
          TMPDIR: join(directory, "tmp"),
        },
        stdio: ["ignore", "pipe", "pipe"],
      });
      const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
      const left = [...readdirSync(join(directory, "tmp")), ...(existsSync(bin) ? readdirSync(bin) : [])];
      return { out, err, code, left };
    },
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  };
}

describe("install.sh", () => {
  test.each(shells)("installs the executable whose digest is as listed, with %s", async (...words) => {
    using at = release();
    const { out, err, code, left } = await at.run(undefined, words);
    expect({ err, code, left }).toEqual({ err: "", code: 0, left: ["pawprint"] });
    expect(out).toContain(`installed pawprint ${version} for linux-x64 as ${at.installed}`);
    expect(out).toContain(`${at.installed} install`);
    expect(out).toContain(`rm ${at.installed}`);
    expect(readFileSync(at.installed, "utf8")).toBe(PROGRAM);
  });

  test("prints commands that run, also for a folder with a space and quotes in its name", async () => {
    using at = release();
    const dir = join(at.directory, `my 'new' "bin" $HOME`);
    const { out, err } = await at.run(["--from", at.files, "--dir", dir]);
    expect(err).toBe("");
    const undo = /to undo this, run: (.*) \(after/.exec(out)?.[1] ?? "false";
    expect(Bun.spawnSync(["sh", "-c", undo]).exitCode).toBe(0);
    expect(readdirSync(dir)).toEqual([]);
  });

  test.each(shells)(
    "refuses a file with another digest, keeps the program that is there, and leaves nothing, with %s",
    async (...words) => {
      using at = release();
      await at.run();
      writeFileSync(at.installed, "the older one");
      appendFileSync(at.archive, "x");
      const { err, code, left } = await at.run(undefined, words);
      expect({ code, left }).toEqual({ code: 1, left: ["pawprint"] });
      expect(err).toMatch(
        /^install\.sh: pawprint-linux-x64-\S+ has the digest [0-9a-f]{64}, and SHA256SUMS lists [0-9a-f]{64}\n  nothing was installed/,
      );
      expect(readFileSync(at.installed, "utf8")).toBe("the older one");
    },
  );

  testDownload("installs from a server, and refuses a download that ends early", async () => {
    using at = release();
    let end: number | undefined;
    await using server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch: ({ url }) => {
        const name = new URL(url).pathname.slice(1);
        const file = Bun.file(join(at.files, name));
        return new Response(name.endsWith(".tgz") ? file.slice(0, end) : file);
      },
    });
    const from = ["--from", `http://127.0.0.1:${server.port}/`];
    expect(await at.run(from)).toMatchObject({ err: "", code: 0, left: ["pawprint"] });
    rmSync(at.installed);
    end = 100;
    const { err, code, left } = await at.run(from);
    expect({ code, left }).toEqual({ code: 1, left: [] });
    expect(err).toContain("has the digest");
  });

  testDownload("a server without the release is named, and nothing is installed", async () => {
    using at = release();
    await using server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch: () => new Response("no", { status: 404 }),
    });
    const { err, code, left } = await at.run(["--from", `http://127.0.0.1:${server.port}`]);
    expect({ code, left }).toEqual({ code: 1, left: [] });
    expect(err).toContain(`install.sh: http://127.0.0.1:${server.port}/SHA256SUMS cannot be read`);
  });

  test("a release without this platform's package, or of another version, is refused", async () => {
    using at = release();
    at.machine("Darwin", "arm64");
    expect((await at.run()).err).toContain(`${at.files} has no pawprint-darwin-arm64-${version}.tgz`);
    at.machine("Linux", "x86_64");
    expect((await at.run(["--from", at.files, "--version", "0.0.1"])).err).toContain(
      "has no pawprint-linux-x64-0.0.1.tgz",
    );
    expect(existsSync(at.installed)).toBe(false);
  });

  test("a platform without an executable is named", async () => {
    using at = release();
    at.machine("Linux", "riscv64");
    expect(await at.run()).toMatchObject({
      code: 1,
      err: expect.stringContaining("no executable for Linux on riscv64\n  install Bun"),
    });
    at.machine("FreeBSD", "amd64");
    expect(await at.run()).toMatchObject({
      code: 1,
      err: expect.stringContaining("no executable for FreeBSD\n  install Bun"),
    });
  });

  test("an executable that does not start here is not installed", async () => {
    using at = release("#!/bin/sh\nexit 127\n");
    const { err, code, left } = await at.run();
    expect({ code, left }).toEqual({ code: 1, left: [] });
    expect(err).toContain("the executable does not start");
  });

  test.each([
    [[], "--from is missing"],
    [["--from"], "--from needs a value"],
    [["--frmo", "x"], "unknown argument: --frmo"],
    [["--from", "/x", "--dir", "here"], '--dir is "here", which is not absolute'],
    [["--from", "/x", "--version", "../../etc"], '"../../etc" is not a version'],
    [["--from", "/nowhere"], "/nowhere/SHA256SUMS cannot be read"],
  ])("refuses the arguments %j with a reason", async (args, reason) => {
    using at = release();
    expect(await at.run(args)).toMatchObject({
      code: 1,
      err: expect.stringContaining(`install.sh: ${reason}`),
      left: [],
    });
  });
});
