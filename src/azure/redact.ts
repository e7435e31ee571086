/**
 * Takes out of a text what must not leave the process: tokens, SAS signatures, keys.
 * Azure puts access links and whole URLs into its messages; whatever follows the `?` of a URL goes.
 */
const longest = 600

export function redact(text: string): string {
  const clean = text
    .replaceAll(/\p{Cc}+/gu, ' ')
    .replaceAll(/(https?:\/\/[^\s"'<>?]+)\?[^\s"'<>]*/gi, '$1?…')
    .replaceAll(/\bBearer\s+[\w.~+/=-]+/gi, 'Bearer …')
    .replaceAll(/\beyJ[\w-]+\.[\w-]+\.?[\w-]*/g, '…')
    .replaceAll(/("?\b(?:accessSAS|securityDataAccessSAS|securityMetadataAccessSAS)"?\s*[:=]\s*)"?[^\s",}]+"?/gi, '$1…')
    .replaceAll(
      /\b(sig|client_secret|AccountKey|SharedAccessSignature|password|access_token|refresh_token)("?\s*[:=]\s*)"?[^\s"&;,}]+"?/gi,
      '$1$2…',
    )
    .trim()
  return clean.length > longest ? `${clean.slice(0, longest - 1)}…` : clean
}
