import { givenName, type ModelNames } from "../../../model/model-label.ts";
import { modelName } from "../../../model/price.ts";

/** The name of a model in a table: the user's own name for it, else its id without vendor and build; the empty id stands for an unknown model. */
export const shortModel = (model: string, names: ModelNames = []): string =>
  givenName(model, names) ?? (modelName(model).replace(/^claude-/, "") || "(unknown)");

/** Names of models in one table. Models that would share a name are shown by their ids, since their prices may differ. */
export function modelNames(models: Iterable<string>, names: ModelNames = []): Map<string, string> {
  const byName = Map.groupBy(new Set(models), (model) => shortModel(model, names));
  const named = [...byName].flatMap(([name, same]) =>
    same.map((model) => [model, same.length > 1 ? model : name] as const),
  );
  return new Map(named);
}

/**
 * Names of directories in a table: the last part, and as many parts above it as make it unique. The empty path stands for an
 * unknown directory.
 */
export function projectNames(paths: Iterable<string>): Map<string, string> {
  const all = new Set(paths);
  const names = new Map<string, string>();
  let unnamed = [...all];
  for (let depth = 1; unnamed.length > 0; depth++) {
    const byName = Map.groupBy(unnamed, (path) => lastParts(path, depth));
    const clashing = new Set<string>();
    for (const [name, same] of byName) {
      for (const path of same) {
        if (same.length > 1 && partsOf(path).length > depth) clashing.add(path);
        else names.set(path, name);
      }
    }
    unnamed = unnamed.filter((path) => clashing.has(path));
  }
  return names;
}

const partsOf = (path: string): string[] => path.split(/[\\/]+/).filter((part) => part !== "");

function lastParts(path: string, count: number): string {
  if (path === "") return "(unknown)";
  return partsOf(path).slice(-count).join("/") || path;
}
