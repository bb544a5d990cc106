import { type Long, parseLong } from '../long.ts'

/** A number with four digits behind the point, held as a whole number of ten-thousandths. */
export interface Decimal {
  readonly kind: 'decimal'
  readonly tenThousandths: Long
}

const FORM = /^(-?[0-9]+)\.([0-9]{1,4})$/

/** Undefined where the text is no decimal, or one that 64 bits don't hold. */
export function parseDecimal(text: string): Decimal | undefined {
  const match = FORM.exec(text)
  if (match === null) return undefined
  const tenThousandths = parseLong(`${match[1]}${(match[2] ?? '').padEnd(4, '0')}`)
  return tenThousandths === undefined ? undefined : { kind: 'decimal', tenThousandths: tenThousandths }
}

export function equalDecimals(a: Decimal, b: Decimal): boolean {
  return a.tenThousandths === b.tenThousandths
}
