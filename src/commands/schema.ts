import { z } from "zod";
import { recordKinds } from "../model/record.ts";
import { recordSchemas } from "../model/record-schema.ts";
import { jsonText } from "../utils/terminal.ts";
import { type Command, recordKindOf } from "./contract.ts";

/** Prints the JSON Schema of a kind of record. */
export const schema: Command = {
  name: "schema",
  purpose: "log",
  args: `[${recordKinds.join("|")}]`,
  argValues: [recordKinds],
  description: "print the JSON Schema of a kind of log record",
  examples: [{ args: "schema usage", description: "describe the fields of a usage record" }],
  related: ["logs"],
  run({ args, print }) {
    print(jsonText(z.toJSONSchema(recordSchemas[recordKindOf(args)]), 2));
    return Promise.resolve(0);
  },
};
