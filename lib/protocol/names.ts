/**
 * Two names are the same name if their keys are equal: compatibility forms, case and sharp s are folded (upper case
 * first, because some letters only meet there).
 */
export function nameKey(name: string): string {
  return name.normalize("NFKC").toUpperCase().toLowerCase().normalize("NFKC");
}

/** A name as it is stored and shown. */
export function canonicalName(name: string): string {
  return name.normalize("NFC");
}
