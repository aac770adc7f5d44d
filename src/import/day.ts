import { z } from "zod";

/** A plausible date of usage: from 1970 to before 2200. */
export const day = z.iso
  .date()
  .refine((date) => date >= "1970-01-01" && date < "2200-01-01", "a day outside 1970 to 2200");
