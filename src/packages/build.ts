import { join } from "node:path";
import { build, type BundleFile, bundle } from "../install/bundle.ts";
import { messageOf } from "../utils/errors.ts";

/** Builds dist in the checkout at `root`: the bundle and the launcher. Throws internal. */
export async function buildDist(root: string): Promise<void> {
  await bundle(join(root, "dist"), root, [await launcherFile(root)]);
}

/** The launcher as one file for Node. Throws internal. */
export async function launcherFile(root: string): Promise<BundleFile> {
  const entry = join(root, "src/packages/launcher.ts");
  const { outputs } = await build({ entrypoints: [entry], target: "node", format: "cjs", minify: false });
  return { name: "launcher.cjs", content: (await outputs[0]?.text()) ?? "", executable: true };
}

if (import.meta.main) {
  buildDist(join(import.meta.dir, "../..")).catch((error: unknown) => {
    console.error(`pawprint: ${messageOf(error)}`);
    process.exit(1);
  });
}
