import { z } from "zod";
import { joinRequest } from "../model/join.ts";
import { frameSchemas } from "../model/wire.ts";
import { failures } from "../utils/errors.ts";
import { framesByPath } from "./frame-requests.ts";
import type { RouteDescription } from "./routes/contract.ts";

type Json = Readonly<Record<string, unknown>>;
const VERSION = "3.1.0";

/** The API document of some routes. `url` is the hub's address, if there is a hub; `program` the version of Pawprint. */
export function openApiOf(
  routes: readonly RouteDescription[],
  { url, program }: { url: string | null; program: string },
): Json {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const one of routes) (paths[openPath(one.path)] ??= {})[one.method.toLowerCase()] = operationOf(one);
  for (const [path, operation] of Object.entries(frameOperations())) paths[path] = { post: operation };
  return {
    openapi: VERSION,
    info: {
      title: "Pawprint hub",
      version: program,
      description:
        "Machines send what they observed below /v1, as frames of the WebSocket /v1/stream or as requests; people and programs read below /api/v1. Other paths answer programs that know them from other collectors; /ws takes the messages of such collectors.",
    },
    ...(url === null ? {} : { servers: [{ url }] }),
    paths: Object.fromEntries(Object.entries(paths).toSorted(([a], [b]) => (a < b ? -1 : 1))),
    components: {
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer" },
        apiKey: { type: "apiKey", in: "header", name: "X-API-Key" },
      },
      schemas: { Error: errorSchema },
    },
  };
}

const errorSchema = {
  type: "object",
  required: ["error"],
  properties: {
    error: {
      type: "object",
      required: ["code", "message", "hint"],
      properties: {
        code: { type: "string", enum: Object.keys(failures) },
        message: { type: "string" },
        hint: { type: "string" },
      },
    },
  },
};
const failure = {
  description: "a failure, with its code",
  content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } },
};

const openPath = (path: string): string => path.replace(/:(\w+)/g, "{$1}");

function operationOf(one: RouteDescription): Json {
  const { scope, body } = one;
  return {
    operationId: one.name,
    summary: one.description,
    ...(scope === null ? { security: [] } : { security: securityOf(scope), "x-scope": scope }),
    parameters: parametersOf(one),
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { "application/json": { schema: schemaOf(body, "input") } } } }),
    responses: {
      "2XX": {
        description: "the answer",
        ...(one.answer === undefined
          ? {}
          : { content: { "application/json": { schema: schemaOf(one.answer, "output") } } }),
      },
      default: failure,
    },
  };
}

const securityOf = (scope: string): Json[] => [{ bearer: [scope] }, { apiKey: [scope] }];

function parametersOf({ path, params }: RouteDescription): Json[] {
  const { properties = {}, required = [] } = schemaOf(params, "input") as {
    readonly properties?: Readonly<Record<string, Json>>;
    readonly required?: readonly string[];
  };
  return Object.entries(properties).map(([name, { description, ...schema }]) => {
    const isInPath = path.includes(`:${name}`);
    return {
      name,
      in: isInPath ? "path" : "query",
      required: isInPath || required.includes(name),
      ...(description === undefined ? {} : { description }),
      schema,
    };
  });
}

/** What machines send as requests; `events` is binary, and as the frame of the stream. */
function frameOperations(): Record<string, Json> {
  const operation = (name: string, content: Json, scope: string | null): Json => ({
    operationId: `frame-${name}`,
    summary:
      name === "join" ? "a machine joins by an invitation" : `the frame ${name} of a machine; the answer is a frame`,
    security: scope === null ? [] : securityOf(scope),
    requestBody: { required: true, content },
    responses: { "2XX": { description: "the answer" }, default: failure },
  });
  const json = (schema: z.ZodType): Json => ({ "application/json": { schema: schemaOf(schema, "input") } });
  const binary = { "application/octet-stream": { schema: { type: "string", format: "binary" } } };
  const frames = Object.entries(framesByPath).map(([path, name]) => {
    return [path, operation(name, name === "events" ? binary : json(frameSchemas[name]), "machine")] as const;
  });
  return { "/v1/join": operation("join", json(joinRequest), null), ...Object.fromEntries(frames) };
}

function schemaOf(schema: z.ZodType, io: "input" | "output"): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  return rest;
}
