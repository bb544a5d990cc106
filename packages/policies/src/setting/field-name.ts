/** Whether a text can be the name of a header field: a token (RFC 9110 §5.6.2). */
export function isFieldName(text: string): boolean {
  return /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(text)
}
