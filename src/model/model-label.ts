/** Names that the user gave to models, by the model's id or, of an ARN, by what stands behind one of its slashes or colons. */
export type ModelNames = readonly (readonly [id: string, name: string])[];

/**
 * The name that the user gave to a model, or null. An id is compared without regard to case and to the "[1m]" that asks for
 * the long context window.
 */
export function givenName(model: string, names: ModelNames): string | null {
  if (names.length === 0) return null;
  const id = plainId(model);
  const stands = (key: string): boolean => id === key || id.endsWith(`/${key}`) || id.endsWith(`:${key}`);
  return names.find(([key]) => stands(plainId(key)))?.[1] ?? null;
}

const plainId = (model: string): string =>
  model
    .trim()
    .replace(/\[\d+m\]$/i, "")
    .toLowerCase();
const lastPart = (id: string): string => id.slice(id.lastIndexOf("/") + 1);

/**
 * A model's id as people read it: an ARN by its last part, which tells it from the others of its account and region, and a
 * Bedrock or Vertex name without region, maker, date and build: "us.anthropic.claude-opus-4-1-20250805-v1:0" and
 * "claude-opus-4-1@20250805" are "claude-opus-4-1". Every other name is returned as it is. Shapes of ARNs:
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonbedrock.html
 */
export function modelLabel(model: string): string {
  const isPlain = !(
    model.includes("arn:") ||
    model.includes("publishers/") ||
    model.includes("anthropic.") ||
    model.includes("@")
  );
  return isPlain ? model : cloudLabel(model);
}

function cloudLabel(model: string): string {
  const resource = /^arn:[\w-]+:[\w-]+:[^:]*:[^:]*:(.+)$/.exec(model.trim())?.[1];
  const path = resource ?? /^(?:projects\/.+\/)?publishers\/.+$/.exec(model.trim())?.[0];
  const name = path === undefined ? model : lastPart(path).replace(/\[\d+m\]$/, "");
  const isCloudName =
    path !== undefined || /^(?:[a-z-]+\.)?anthropic\.|@(?:\d{8}|default|latest)(?:\[\d+m\])?$/.test(name);
  if (!isCloudName) return model;
  const short = name
    .replace(/\[\d+m\]$/, "")
    .replace(/^(?:[a-z-]+\.)?anthropic\./, "")
    .replace(/@(?:\d{8}|default|latest)$/, "");
  return short.startsWith("claude-") ? short.replace(/-v\d+(?::\d+)?(?::\d+k)?$/, "").replace(/-20\d{6}$/, "") : short;
}
