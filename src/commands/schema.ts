import { z } from "zod";
import { version } from "../../package.json";
import { exportSchema } from "../model/export-schema.ts";
import { recordKinds } from "../model/record.ts";
import { recordSchemas } from "../model/record-schema.ts";
import { jsonText } from "../utils/terminal.ts";
import { type Command, recordKindOf } from "./contract.ts";

/** Prints the JSON Schema of a kind of record or of an export, or the API document of a hub. */
export const schema: Command = {
  name: "schema",
  purpose: "log",
  args: `[${recordKinds.join("|")}|export|openapi]`,
  argValues: [[...recordKinds, "export", "openapi"]],
  description: "print the JSON Schema of the log's records or of an export; with openapi, the API of a hub",
  examples: [
    { args: "schema usage", description: "describe the fields of a usage record" },
    { args: "schema openapi", description: "describe the routes of a hub" },
  ],
  related: ["logs", "export"],
  async run({ args, print }) {
    const isOnly = (name: string): boolean => args.length === 1 && args[0] === name;
    if (isOnly("openapi")) {
      const { openApiOf } = await import("../hub/openapi.ts");
      const { routes } = await import("../hub/routes/registry.ts");
      print(jsonText(openApiOf(routes, { url: null, program: version }), 2));
      return 0;
    }
    const isExport = isOnly("export");
    print(jsonText(z.toJSONSchema(isExport ? exportSchema : recordSchemas[recordKindOf(args)]), 2));
    return 0;
  },
};
