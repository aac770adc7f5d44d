/** Name of the file of usage records, in the folder that contains "projects". */
export const RECORDS = "usage_record.jsonl";
