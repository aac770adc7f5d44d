import type { Source } from "../sources/contract.ts";
import type { Environment } from "../utils/config.ts";
import { realPath } from "../utils/files.ts";

/** Tells the account of a file of a source by its real path: the configuration directory that it lies in; "" where there is none. */
export function accountsOf({ stores }: Source, env: Environment, home: string): (path: string) => string {
  const roots = stores.flatMap((store) =>
    store.roots(env, home).flatMap((given) => {
      const root = realPath(given);
      return root !== null && store.account ? [{ root, account: store.account(root) }] : [];
    }),
  );
  // The deepest first: one root may lie below another.
  const ordered = roots.toSorted((a, b) => b.root.length - a.root.length);
  return (path) => ordered.find(({ root }) => path === root || path.startsWith(`${root}/`))?.account ?? "";
}
