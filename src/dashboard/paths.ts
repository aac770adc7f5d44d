/** The values of the names (:name) that a pattern such as /sessions/:session has in a path; null for a path that does not fit. */
export function namesIn(pattern: string, path: string): Record<string, string> | null {
  // An address with a slash at its end is the same one.
  const [wanted, given] = [pattern.split("/"), path.replace(/(?<=.)\/$/, "").split("/")];
  if (wanted.length !== given.length) return null;
  const names: Record<string, string> = {};
  for (const [at, part] of wanted.entries()) {
    const text = given[at] ?? "";
    if (part.startsWith(":")) {
      try {
        names[part.slice(1)] = decodeURIComponent(text);
      } catch {
        return null;
      }
    } else if (part !== text) return null;
  }
  return names;
}
