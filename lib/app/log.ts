/** The log: one JSON line an event, on standard error, through pino. */
import { type Level, pino } from "pino";
import type { Log, LogFields } from "../service/log.ts";
import type { LogLevel } from "./config.ts";

export function openLog(level: LogLevel, name: string): Log {
  const encoder = new TextEncoder();
  // Written at once, so that the last lines of a process that ends are not lost.
  const stderr = {
    write(line: string) {
      try {
        Deno.stderr.writeSync(encoder.encode(line));
      } catch {
        // Nobody reads the log any more; that is no reason to serve nobody.
      }
    },
  };
  const logger = pino({
    level,
    base: { server: name },
    formatters: { level: (level) => ({ level }) },
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { error: pino.stdSerializers.err },
  }, stderr);
  const at = (level: Level) => (message: string, fields: LogFields = {}) => logger[level](fields, message);
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
