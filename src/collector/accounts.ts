import type { Source } from "../sources/contract.ts";
import type { Environment } from "../utils/config.ts";
import { realPath } from "../utils/files.ts";

/**
 * Returns a function from a file's real path to its account: the configuration directory that contains it, or "" if
 * there is none.
 */
export function accountsOf({ stores }: Source, env: Environment, home: string): (path: string) => string {
  const roots = stores.flatMap((store) =>
    store.roots(env, home).flatMap((path) => {
      const root = realPath(path);
      return root !== null && store.account ? [{ root, account: store.account(root) }] : [];
    }),
  );
  // Deepest first, because one root may be below another.
  const ordered = roots.toSorted((a, b) => b.root.length - a.root.length);
  return (path) => ordered.find(({ root }) => path === root || path.startsWith(`${root}/`))?.account ?? "";
}
