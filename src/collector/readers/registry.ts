import type { Store } from "../../sources/contract.ts";
import type { StoreReader } from "./contract.ts";
import { documentEngine } from "./document.ts";
import { lineEngine } from "./lines.ts";
import { tableEngine } from "./tables.ts";

const readers = { lines: lineEngine, document: documentEngine, tables: tableEngine };

/** The engine that reads a store. */
export const readerFor = (store: Store): StoreReader => readers[store.kind];
