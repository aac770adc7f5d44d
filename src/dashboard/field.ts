/**
 * The value of a field such as "today.cost" or "machines.0.name" in the JSON of a report; undefined if it has none. Names may contain dots,
 * as those of models do: of several ways to read a field, the one with the longest first name counts.
 */
export function fieldOf(json: unknown, field: string): unknown {
  if (field === "") return json;
  if (typeof json !== "object" || json === null) return undefined;
  const names = field.split(".");
  for (let length = names.length; length > 0; length--) {
    const name = names.slice(0, length).join(".");
    if (Object.hasOwn(json, name))
      return fieldOf((json as Readonly<Record<string, unknown>>)[name], names.slice(length).join("."));
  }
  return undefined;
}
