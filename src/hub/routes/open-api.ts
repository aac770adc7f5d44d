import { openApiOf } from "../openapi.ts";
import { route } from "./contract.ts";
import { noParameters } from "./shared/parameters.ts";

/** The description of all routes for programs. */
export const openApi = route({
  name: "open-api",
  description: "this document: all routes with their parameters, bodies, answers and scopes, as OpenAPI 3.1",
  method: "GET",
  path: "/api/v1/openapi.json",
  scope: "read",
  params: noParameters,
  run: ({ routes }, { url, program }) => ({ body: openApiOf(routes, { url, program }) }),
});
