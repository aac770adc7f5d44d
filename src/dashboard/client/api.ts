import { setToken, token } from "./session.ts";

/** Why a request failed: what the server said, or `offline` if it did not answer. */
export class ApiError extends Error {
  readonly code: string;
  readonly hint: string;

  constructor(code: string, message: string, hint = "") {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}

/** Parameters of a request; those without a value are left out. */
export type Params = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** The query of parameters, in a fixed order: one text for one question. */
export function queryOf(params: Params): string {
  const given = Object.entries(params).flatMap(([name, value]) =>
    value === null || value === undefined || value === "" || value === false ? [] : [[name, String(value)]],
  );
  return new URLSearchParams(given.toSorted(([a = ""], [b = ""]) => (a < b ? -1 : 1))).toString();
}

/** The headers of a request: the token if there is one. */
export const authorization = (sent = token.value): Record<string, string> =>
  sent === null ? {} : { authorization: `Bearer ${sent}` };

/** The longest time that an answer may take, milliseconds: longer than the server takes for any. */
const ANSWER_MS = 90_000;

/**
 * Asks the server as who has the token of this tab, or another one, and returns its JSON. Throws ApiError; a token of this tab that is
 * not valid signs out.
 */
export async function ask<T>(
  path: string,
  {
    method = "GET",
    body,
    as: sent = token.value,
  }: { readonly method?: string; readonly body?: unknown; readonly as?: string | null } = {},
): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers: { ...authorization(sent), ...(body === undefined ? {} : { "content-type": "application/json" }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(ANSWER_MS),
      cache: "no-store",
    });
    if (response.ok) return (await response.json()) as T;
  } catch {
    throw new ApiError("offline", "Pawprint does not answer", method === "GET" ? "it is tried again" : "try again");
  }
  throw await failureOf(response, sent);
}

/** What an answer that failed says. One that refuses the token `sent` signs out, unless another one came meanwhile. */
export async function failureOf(response: Response, sent: string | null): Promise<ApiError> {
  const error = await errorOf(response);
  if (error.code === "unauthorized" && sent !== null && token.value === sent) setToken(null, error);
  return error;
}

async function errorOf(response: Response): Promise<ApiError> {
  try {
    const { error } = (await response.json()) as { error: { code: string; message: string; hint: string } };
    return new ApiError(error.code, error.message, error.hint);
  } catch {
    return new ApiError("offline", `the server answered with status ${response.status}`, "it is tried again");
  }
}
