/** The file of records, in the folder that holds all projects' folder. */
export const RECORDS = "usage_record.jsonl";
