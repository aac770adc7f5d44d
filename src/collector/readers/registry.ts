import type { Store } from "../../sources/contract.ts";
import type { Engine } from "./contract.ts";
import { documentEngine } from "./document.ts";
import { lineEngine } from "./lines.ts";
import { tableEngine } from "./tables.ts";

const engines = { lines: lineEngine, document: documentEngine, tables: tableEngine };

/** The engine that reads a store. */
export const engineOf = (store: Store): Engine => engines[store.kind];
