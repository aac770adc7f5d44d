// Makes the packages: the main one, one per platform, and a list of their SHA-256 digests beside install.sh, in dist-packages.
// Arguments are names of platforms; without any, all are made.
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { compile } from "../install/bundle.ts";
import { messageOf, PawprintError } from "../utils/errors.ts";
import { buildDist } from "./build.ts";
import { signed } from "./mach-o.ts";
import { type PackageManifest, mainManifest, platformManifest } from "./manifests.ts";
import { executableIn, packageOf, type Platform, platforms } from "./platforms.ts";

const root = join(import.meta.dir, "../..");

/** The list of digests, in the form of sha256sum. */
const DIGESTS = "SHA256SUMS";

/** Makes the packages of the given platforms and the main one in `out`, which is emptied. Throws internal. */
async function pack(out: string, wanted: readonly Platform[]): Promise<void> {
  rmSync(out, { recursive: true, force: true });
  const staging = join(out, "staging");
  for (const platform of wanted) {
    const directory = join(staging, packageOf(platform));
    const program = join(directory, executableIn(platform));
    mkdirSync(dirname(program), { recursive: true });
    await compile(program, join(root, "src/cli.ts"), platform.target);
    if (platform.os === "darwin") await Bun.write(program, signed(readFileSync(program)));
    chmodSync(program, 0o755);
    write(
      directory,
      platformManifest(platform),
      `The executable of Pawprint for ${platform.name}; the package is pawprint.`,
    );
    await archive(directory, out);
  }
  await buildDist(root);
  const main = join(staging, "pawprint");
  cpSync(join(root, "dist"), join(main, "dist"), { recursive: true });
  cpSync(join(root, "CHANGELOG.md"), join(main, "CHANGELOG.md"));
  write(main, mainManifest, readFileSync(join(root, "README.md"), "utf8"));
  await archive(main, out);
  rmSync(staging, { recursive: true });
  cpSync(join(root, "data/deploy/install.sh"), join(out, "install.sh"));
  const digests = readdirSync(out)
    .toSorted()
    .map((name) => `${digestOf(join(out, name))}  ${name}\n`);
  writeFileSync(join(out, DIGESTS), digests.join(""));
}

function write(directory: string, manifest: PackageManifest, readme: string): void {
  writeFileSync(join(directory, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  writeFileSync(join(directory, "README.md"), `${readme.trimEnd()}\n`);
  cpSync(join(root, "LICENSE"), join(directory, "LICENSE"));
}

async function archive(directory: string, out: string): Promise<void> {
  const command = [
    process.execPath,
    "pm",
    "pack",
    "--ignore-scripts",
    "--quiet",
    "--gzip-level=9",
    `--destination=${out}`,
  ];
  const packer = Bun.spawn(command, { cwd: directory, stdio: ["ignore", "ignore", "pipe"] });
  const messages = await packer.stderr.text();
  if ((await packer.exited) !== 0)
    throw new PawprintError("internal", `bun pm pack failed: ${messages}`, "run it again");
}

const digestOf = (path: string): string => new Bun.CryptoHasher("sha256").update(readFileSync(path)).digest("hex");

function wantedOf(names: readonly string[]): readonly Platform[] {
  const unknown = names.find((name) => !platforms.some((one) => one.name === name));
  const hint = `one of: ${platforms.map(({ name }) => name).join(", ")}`;
  if (unknown !== undefined) throw new PawprintError("bad_usage", `there is no platform ${unknown}`, hint);
  return names.length === 0 ? platforms : platforms.filter(({ name }) => names.includes(name));
}

try {
  const out = join(root, "dist-packages");
  await pack(out, wantedOf(process.argv.slice(2)));
  for (const name of readdirSync(out).toSorted()) {
    console.log(`${(statSync(join(out, name)).size / 2 ** 20).toFixed(1).padStart(6)} MiB  dist-packages/${name}`);
  }
} catch (error) {
  console.error(`pawprint: ${messageOf(error)}`);
  if (error instanceof PawprintError) console.error(`  ${error.hint}`);
  process.exit(1);
}
