import { EvaluationError } from '../evaluation-error.ts'
import {
  countOf,
  type Datetime,
  type Duration,
  dateOf,
  durationSince,
  offsetDatetime,
  timeOf,
} from '../extension/datetime.ts'
import type { Decimal } from '../extension/decimal.ts'
import { type IpRange, isInRange, isLoopback, isMulticast } from '../extension/ip.ts'
import { constructors } from '../json.ts'
import type { CedarValue, Extension } from '../value.ts'
import { type Code, fold, testing } from './code.ts'
import { expecting } from './expect.ts'
import { type CompileNode, listOf, unsupported } from './node.ts'

interface ExtensionOf {
  decimal: Decimal
  ipaddr: IpRange
  datetime: Datetime
  duration: Duration
}

type Call = (name: string, parts: readonly Code[]) => Code

function extensionOf<K extends Extension['kind']>(
  kind: K,
  name: string,
): (value: CedarValue) => ExtensionOf[K] {
  const error = new EvaluationError(`${name}: expected ${kind}`)
  return (value) => {
    if (typeof value !== 'object' || value.kind !== kind) throw error
    return value as ExtensionOf[K]
  }
}

function partsOf(name: string, parts: readonly Code[], count: number): readonly Code[] {
  if (parts.length !== count) throw unsupported(`${name}: ${parts.length} arguments instead of ${count}`)
  return parts
}

function construct(parse: (text: string) => CedarValue | undefined): Call {
  return (name, parts) => {
    const [part] = partsOf(name, parts, 1) as [Code]
    const asText = expecting('string', name)
    const error = new EvaluationError(`${name}: the text is no ${name}`)
    return fold(parts, {
      run: (request) => {
        const value = parse(asText(part.run(request)))
        if (value === undefined) throw error
        return value
      },
    })
  }
}

function ask<K extends Extension['kind']>(kind: K, holds: (value: ExtensionOf[K]) => boolean): Call {
  return (name, parts) => {
    const [part] = partsOf(name, parts, 1) as [Code]
    const as = extensionOf(kind, name)
    return fold(
      parts,
      testing((request) => holds(as(part.run(request)))),
    )
  }
}

function compare<K extends Extension['kind']>(
  kind: K,
  holds: (a: ExtensionOf[K], b: ExtensionOf[K]) => boolean,
): Call {
  return (name, parts) => {
    const [left, right] = partsOf(name, parts, 2) as [Code, Code]
    const as = extensionOf(kind, name)
    return fold(
      parts,
      testing((request) => holds(as(left.run(request)), as(right.run(request)))),
    )
  }
}

function derive<K extends Extension['kind']>(
  kind: K,
  answer: (value: ExtensionOf[K]) => CedarValue | undefined,
): Call {
  return (name, parts) => {
    const [part] = partsOf(name, parts, 1) as [Code]
    const as = extensionOf(kind, name)
    const overflow = new EvaluationError(`${name}: the result does not fit into 64 bits`)
    return fold(parts, {
      run: (request) => {
        const value = answer(as(part.run(request)))
        if (value === undefined) throw overflow
        return value
      },
    })
  }
}

function combine<A extends Extension['kind'], B extends Extension['kind']>(
  first: A,
  second: B,
  answer: (a: ExtensionOf[A], b: ExtensionOf[B]) => CedarValue | undefined,
): Call {
  return (name, parts) => {
    const [left, right] = partsOf(name, parts, 2) as [Code, Code]
    const [asFirst, asSecond] = [extensionOf(first, name), extensionOf(second, name)]
    const overflow = new EvaluationError(`${name}: the result does not fit into 64 bits`)
    return fold(parts, {
      run: (request) => {
        const value = answer(asFirst(left.run(request)), asSecond(right.run(request)))
        if (value === undefined) throw overflow
        return value
      },
    })
  }
}

const inUnitsOf = (milliseconds: number): Call => derive('duration', (value) => countOf(value, milliseconds))

const calls: { readonly [name: string]: Call } = {
  ...Object.fromEntries(Object.entries(constructors).map(([name, parse]) => [name, construct(parse)])),
  isIpv4: ask('ipaddr', (range) => range.version === 4),
  isIpv6: ask('ipaddr', (range) => range.version === 6),
  isLoopback: ask('ipaddr', isLoopback),
  isMulticast: ask('ipaddr', isMulticast),
  isInRange: compare('ipaddr', isInRange),
  lessThan: compare('decimal', (a, b) => a.tenThousandths < b.tenThousandths),
  lessThanOrEqual: compare('decimal', (a, b) => a.tenThousandths <= b.tenThousandths),
  greaterThan: compare('decimal', (a, b) => a.tenThousandths > b.tenThousandths),
  greaterThanOrEqual: compare('decimal', (a, b) => a.tenThousandths >= b.tenThousandths),
  offset: combine('datetime', 'duration', offsetDatetime),
  durationSince: combine('datetime', 'datetime', durationSince),
  toDate: derive('datetime', dateOf),
  toTime: derive('datetime', timeOf),
  toMilliseconds: inUnitsOf(1),
  toSeconds: inUnitsOf(1_000),
  toMinutes: inUnitsOf(60_000),
  toHours: inUnitsOf(3_600_000),
  toDays: inUnitsOf(86_400_000),
}

/** One node for each function and method of the extension types. */
export const extensionNodes: { readonly [key: string]: CompileNode } = Object.fromEntries(
  Object.entries(calls).map(([name, call]): [string, CompileNode] => [
    name,
    (content, compile) =>
      call(
        name,
        listOf(content, name).map((item) => compile(item)),
      ),
  ]),
)
