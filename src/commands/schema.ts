import { z } from "zod";
import { exportSchema } from "../model/export-schema.ts";
import { recordKinds } from "../model/record.ts";
import { recordSchemas } from "../model/record-schema.ts";
import { jsonText } from "../utils/terminal.ts";
import { type Command, recordKindOf } from "./contract.ts";

/** Prints the JSON Schema of a kind of record or of an export. */
export const schema: Command = {
  name: "schema",
  purpose: "log",
  args: `[${recordKinds.join("|")}|export]`,
  argValues: [[...recordKinds, "export"]],
  description: "print the JSON Schema of the log's records or of an export",
  examples: [{ args: "schema usage", description: "describe the fields of a usage record" }],
  related: ["logs", "export"],
  run({ args, print }) {
    const isExport = args.length === 1 && args[0] === "export";
    print(jsonText(z.toJSONSchema(isExport ? exportSchema : recordSchemas[recordKindOf(args)]), 2));
    return Promise.resolve(0);
  },
};
