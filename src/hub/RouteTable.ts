import { PawprintError } from "../utils/errors.ts";
import type { RouteDescription } from "./routes/contract.ts";

/** The routes of a server by their methods and paths. */
export class RouteTable<One extends RouteDescription> {
  readonly all: readonly One[];
  /** The more names a path has, the later it is tried. */
  readonly #patterns: readonly { readonly one: One; readonly expression: RegExp }[];

  constructor(routes: readonly One[]) {
    this.all = routes;
    const namesOf = ({ path }: One): number => path.split(":").length;
    this.#patterns = routes
      .toSorted((a, b) => namesOf(a) - namesOf(b))
      .map((one) => ({ one, expression: expressionOf(one.path) }));
  }

  /** The route of a request and the values in its path. Throws not_found, wrong_method, and bad_usage for a path that is not encoded. */
  find(method: string, path: string): { found: One; names: Record<string, string> } {
    const atPath = this.#patterns.filter(({ expression }) => expression.test(path));
    const match = atPath.find(({ one }) => one.method === (method === "HEAD" ? "GET" : method));
    if (match) {
      const { groups = {} } = match.expression.exec(path) ?? {};
      const names = Object.entries(groups).map(([name, text]) => [name, decoded(text)]);
      return { found: match.one, names: Object.fromEntries(names) as Record<string, string> };
    }
    const hint = "pawprint schema openapi prints all routes of a hub";
    if (atPath.length === 0) throw new PawprintError("not_found", `there is nothing at ${path.slice(0, 200)}`, hint);
    const methods = atPath.map(({ one }) => one.method).join(", ");
    throw new PawprintError("wrong_method", `${path.slice(0, 200)} answers ${methods}`, hint);
  }
}

function expressionOf(path: string): RegExp {
  const parts = path
    .split("/")
    .map((part) => (part.startsWith(":") ? `(?<${part.slice(1)}>[^/]+)` : RegExp.escape(part)));
  return new RegExp(`^${parts.join("/")}$`);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    throw new PawprintError("bad_usage", "the path is not encoded as a URL", "encode it with percent signs", error);
  }
}
