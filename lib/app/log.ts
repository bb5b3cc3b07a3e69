/** The log: one JSON line an event, on standard error, through pino. */
import { type Level, pino } from "pino";
import type { Log, LogFields } from "../service/log.ts";

export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export function openLog(level: LogLevel, name: string): Log {
  const encoder = new TextEncoder();
  // Written at once, so that the last lines of a process that ends are not lost.
  const stderr = { write: (line: string) => void Deno.stderr.writeSync(encoder.encode(line)) };
  const logger = pino({
    level,
    base: { server: name },
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { error: pino.stdSerializers.err },
  }, stderr);
  const at = (level: Level) => (message: string, fields: LogFields = {}) => logger[level](fields, message);
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
