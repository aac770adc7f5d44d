import { systemZone } from "../../model/calendar.ts";
import type { Table } from "../../render/columns.ts";
import { tableOf } from "../../render/table.ts";
import { zoneFiles } from "../../utils/files.ts";
import { styleOf } from "../../utils/terminal.ts";
import type { Context } from "../contract.ts";

/** Prints rows as a table in the settings' theme, with times in this machine's zone. */
export function printTable<Row>(
  { env, settings: { theme, glyphs }, terminal, print }: Context,
  table: Omit<Table<Row>, "zone">,
): void {
  const { zone } = systemZone(env, zoneFiles);
  const style = styleOf({ theme, glyphs, colour: terminal.colour, links: false });
  for (const line of tableOf({ ...table, zone }, { width: terminal.columns, style })) print(line);
}
