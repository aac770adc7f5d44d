import { z } from "zod";
import { recordKinds } from "../model/record.ts";
import { recordSchemas } from "../model/record-schema.ts";
import { jsonText } from "../utils/terminal.ts";
import { type Command, kindOf } from "./contract.ts";

/** JSON Schema of a kind of record. */
export const schema: Command = {
  name: "schema",
  words: `[${recordKinds.join("|")}]`,
  description: "print the JSON Schema of a kind of record",
  run({ words, print }) {
    print(jsonText(z.toJSONSchema(recordSchemas[kindOf(words)]), 2));
    return Promise.resolve(0);
  },
};
