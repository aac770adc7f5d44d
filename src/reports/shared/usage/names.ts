import { givenName, type ModelNames } from "../../../model/model-label.ts";
import { modelName } from "../../../model/price.ts";

/** How a model is called in a table: by the user's own name for it, else without its maker and its build. */
export const shortModel = (model: string, names: ModelNames = []): string =>
  givenName(model, names) ?? modelName(model).replace(/^claude-/, "");

/** How some models are called in one table: those that would have the same name by their ids, which may have different prices. */
export function modelNames(models: Iterable<string>, names: ModelNames = []): Map<string, string> {
  const byName = Map.groupBy(new Set(models), (model) => shortModel(model, names));
  const named = [...byName].flatMap(([name, same]) =>
    same.map((model) => [model, same.length > 1 ? model : name] as const),
  );
  return new Map(named);
}

/**
 * How directories are called in a table: by their last part, and by as many parts above it as tell it from the others.
 * The empty one is where no directory is known.
 */
export function projectNames(paths: Iterable<string>): Map<string, string> {
  const all = new Set(paths);
  const names = new Map<string, string>();
  let left = [...all];
  for (let depth = 1; left.length > 0; depth++) {
    const byName = Map.groupBy(left, (path) => lastParts(path, depth));
    const clashing = new Set<string>();
    for (const [name, same] of byName) {
      for (const path of same) {
        if (same.length > 1 && partsOf(path).length > depth) clashing.add(path);
        else names.set(path, name);
      }
    }
    left = left.filter((path) => clashing.has(path));
  }
  return names;
}

const partsOf = (path: string): string[] => path.split(/[\\/]+/).filter((part) => part !== "");

function lastParts(path: string, count: number): string {
  if (path === "") return "(unknown)";
  return partsOf(path).slice(-count).join("/") || path;
}
