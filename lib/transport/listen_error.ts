/** Why a port cannot be listened on, in one line: the address, the reason, what to do. */
export class ListenError extends Error {
  override readonly name = "ListenError";

  constructor(hostname: string, port: number, cause: unknown) {
    const address = hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
    super(`cannot listen on ${address}: ${reason(cause)}`, { cause });
  }
}

function reason(cause: unknown): string {
  if (cause instanceof Deno.errors.AddrInUse) {
    return "another program has this port; end it, or choose another port";
  }
  if (cause instanceof Deno.errors.PermissionDenied) {
    return "ports below 1024 are for privileged users; choose one from 1024 to 65535";
  }
  if (cause instanceof Deno.errors.NotCapable) {
    return "this process has no permission for it; start Deno with --allow-net";
  }
  if (cause instanceof Deno.errors.AddrNotAvailable) {
    return "this machine does not have this address; 0.0.0.0 stands for all it has";
  }
  const text = cause instanceof Error ? cause.message : String(cause);
  if (text.includes("lookup address")) {
    return "no such host; 0.0.0.0 stands for all addresses of this machine";
  }
  return text;
}
