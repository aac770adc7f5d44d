import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A package as a registry lists it. */
interface PublishedPackage {
  readonly name: string;
  readonly version: string;
}

/** A registry of the packages in a folder, on the loopback interface. */
export interface LocalRegistry {
  readonly url: string;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Serves the tarballs of a folder as npm's registry does: one document per package, its highest version as `latest`, and the files; everything else is 404. */
export async function serveRegistry(folder: string): Promise<LocalRegistry> {
  const packages = new Map<string, { manifest: PublishedPackage; integrity: string; file: string }[]>();
  const files = readdirSync(folder).filter((name) => name.endsWith(".tgz"));
  for (const file of files) {
    const bytes = readFileSync(join(folder, file));
    const manifest = (await Bun.$`tar -xOzf ${join(folder, file)} package/package.json`.json()) as PublishedPackage;
    const integrity = `sha512-${new Bun.CryptoHasher("sha512").update(bytes).digest("base64")}`;
    packages.set(manifest.name, [...(packages.get(manifest.name) ?? []), { manifest, integrity, file }]);
  }
  const documentOf = (name: string, origin: string): object | null => {
    const published = packages.get(name)?.toSorted((a, b) => Bun.semver.order(a.manifest.version, b.manifest.version));
    const versions = published?.map(({ manifest, integrity, file }) => [
      manifest.version,
      { ...manifest, dist: { integrity, tarball: `${origin}/-/${file}` } },
    ]);
    const latest = published?.at(-1)?.manifest.version;
    return versions ? { name, "dist-tags": { latest }, versions: Object.fromEntries(versions) } : null;
  };
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch({ url }) {
      const { pathname, origin } = new URL(url);
      const file = files.find((name) => pathname === `/-/${name}`);
      if (file) return new Response(Bun.file(join(folder, file)));
      const document = documentOf(decodeURIComponent(pathname.slice(1)), origin);
      return document ? Response.json(document) : new Response("{}", { status: 404 });
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}
