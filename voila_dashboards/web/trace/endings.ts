/** How a step or a call says that it failed: as `caselog.endings` has it, from whose words this is made. */

import { FAILED_FLAGS, FAILED_LEVELS, FAILED_STATUS, STATUS_CODES, STATUS_FIELDS } from "../generated/contract.ts";
import { isBlank, isRecord } from "../text/labels.ts";
import { num } from "../text/numbers.ts";
import { exactText } from "../values/exact.ts";

/** As `caselog.endings.says_failed` has it: by a status, an error, a level or a flag. */
export const hasFailed = (raw: Record<string, unknown>): boolean =>
  STATUS_FIELDS.some((name) => isFailedStatus(raw[name])) ||
  isError(raw.error) ||
  FAILED_FLAGS.some((name) => raw[name] === true) ||
  raw.success === false ||
  (typeof raw.level === "string" && (FAILED_LEVELS as readonly string[]).includes(raw.level.toLowerCase()));

/** OpenTelemetry's statuses are objects, whose number 2 is an error. */
export const isFailedStatus = (status: unknown): boolean =>
  isRecord(status)
    ? STATUS_CODES.some((name) => status[name] === 2 || isFailedWord(status[name]))
    : isFailedWord(status);

const FAILED = new RegExp(`^(?:${FAILED_STATUS})$`);

const isFailedWord = (said: unknown): boolean =>
  typeof said === "number"
    ? said >= 400 && said < 600
    : typeof said === "string" &&
      FAILED.test(
        said
          .slice(0, 200)
          .replace(/[\s_-]+/g, " ")
          .trim()
          .toLowerCase(),
      );

/** Not where it is empty, false or zero, or holds nothing else. */
const isError = (error: unknown): boolean => (isRecord(error) ? Object.values(error).some(isTrue) : isTrue(error));

/** As Python has it: empty lists and objects are not; a number may be a text that keeps its digits. */
const isTrue = (value: unknown): boolean =>
  Boolean(value) && !isBlank(value) && !(typeof value === "string" && exactText(value) && num(value) === 0);
