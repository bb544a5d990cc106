import type { Comparable, Filter, Operator, Path } from './filter.ts'

/** A resource or a part of it, as JSON. */
export type Complex = Readonly<Record<string, unknown>>

/** Whether a resource fits a filter. Texts are compared without case, as all of our attributes are (`caseExact: false`). */
export function fits(resource: Complex, filter: Filter): boolean {
  switch (filter.is) {
    case 'and':
      return filter.of.every((each) => fits(resource, each))
    case 'or':
      return filter.of.some((each) => fits(resource, each))
    case 'not':
      return !fits(resource, filter.of)
    case 'some':
      return complexes(attributeOf(resource, filter.attribute)).some((each) => fits(each, filter.of))
    case 'present':
      return valuesAt(resource, filter.path).some((each) => each !== null && each !== '')
    case 'compare': {
      const { path, operator, value } = filter
      const values = valuesAt(resource, path)
      // What is not there is nothing's equal (RFC 7644 §3.4.2.2).
      if (values.length === 0) return operator === 'ne' || (operator === 'eq' && value === null)
      return operator === 'ne'
        ? !values.some((each) => compares(each, 'eq', value))
        : values.some((each) => compares(each, operator, value))
    }
  }
}

/** The key of an attribute in a resource, whatever its case (RFC 7643 §2.1). */
export function keyOf(resource: Complex, attribute: string): string | undefined {
  return Object.keys(resource).find((each) => each.toLowerCase() === attribute)
}

function attributeOf(resource: Complex, attribute: string): unknown {
  const key = keyOf(resource, attribute)
  return key === undefined ? undefined : resource[key]
}

function valuesAt(resource: Complex, { attribute, sub }: Path): readonly unknown[] {
  const found = [attributeOf(resource, attribute)].flat().filter((each) => each !== undefined)
  if (sub !== undefined)
    return found
      .filter(isComplex)
      .flatMap((each) => [attributeOf(each, sub)].flat())
      .filter((each) => each !== undefined)
  // `emails co "x"` means their values.
  return found.map((each) => (isComplex(each) && 'value' in each ? each.value : each))
}

function compares(found: unknown, operator: Operator, value: Comparable): boolean {
  if (typeof found === 'string' && typeof value === 'string')
    return comparesTexts(found.toLowerCase(), operator, value.toLowerCase())
  if (operator === 'eq') return found === value
  if (typeof found !== 'number' || typeof value !== 'number') return false
  return order(Math.sign(found - value), operator)
}

function comparesTexts(found: string, operator: Operator, value: string): boolean {
  switch (operator) {
    case 'eq':
      return found === value
    case 'co':
      return found.includes(value)
    case 'sw':
      return found.startsWith(value)
    case 'ew':
      return found.endsWith(value)
    default:
      return order(found < value ? -1 : found > value ? 1 : 0, operator)
  }
}

function order(sign: number, operator: Operator): boolean {
  const orders: Partial<Record<Operator, boolean>> = {
    gt: sign > 0,
    ge: sign >= 0,
    lt: sign < 0,
    le: sign <= 0,
  }
  return orders[operator] ?? false
}

export function isComplex(value: unknown): value is Complex {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function complexes(value: unknown): Complex[] {
  return [value].flat().filter(isComplex)
}
