import type { Exchange } from '@portcullis/policy-kit/exchange'
import { FieldNames } from '@portcullis/policy-kit/message/field-names'
import type { HeaderList } from '@portcullis/policy-kit/message/header-list'
import type { Policy } from '@portcullis/policy-kit/policy'
import { proceed, type Refuse, refuse } from '@portcullis/policy-kit/verdict'
import { type HeadersConfig, headersContract, headersFaults } from './contract.ts'
import { type FieldRule, type FieldRules, joinValues, replyRules, requestRules } from './rules.ts'

/** Changes fields on the way to the backend and on the way back. */
export const headers: Policy<HeadersConfig> = {
  contract: headersContract,
  needs: [],
  bind(config) {
    const request = requestRules(config)
    const reply = replyRules(config)
    const gone = new FieldNames([...reply.remove, ...reply.set.map(({ name }) => name)])
    const isGone = (name: string): boolean => gone.has(name)
    const changesRequest = Object.values(request).some((rules) => rules.length > 0)

    return {
      onRequest(x) {
        if (!changesRequest) return proceed()
        const setHeaders: string[] = []
        const removeHeaders = [...request.remove]
        for (const [from, to] of request.rename) {
          const values = x.request.headers.all(from)
          if (values.length === 0) continue
          setHeaders.push(to, joinValues(to.toLowerCase(), values))
          removeHeaders.push(from)
        }
        for (const rule of request.set) {
          const field = rule.write(x)
          if (field.kind === 'unfit') return unfit(rule)
          if (field.kind === 'value') setHeaders.push(rule.name, field.value)
          else removeHeaders.push(rule.lowerName)
        }
        if (request.append.length > 0) {
          const refusal = addValues(request, x, setHeaders, removeHeaders)
          if (refusal !== undefined) return refusal
        }
        return proceed(undefined, { setHeaders, removeHeaders })
      },
      onReply(x, { headers: fields }) {
        for (const [from, to] of reply.rename) renameIn(fields, from, to)
        // All that go, and all in whose place others are set, in one pass over the fields.
        fields.removeIfSpelled(isGone)
        appendTo(fields, reply.set, x)
        appendTo(fields, reply.append, x)
      },
    }
  },
}

function unfit({ name }: FieldRule): Refuse {
  const internal = `the value of ${name} has characters that no field may carry`
  return refuse(headersFaults['unfit-value']({ internal }), { saw: { field: name } })
}

function appendTo(fields: HeaderList, rules: readonly FieldRule[], x: Exchange): void {
  for (const rule of rules) {
    const field = rule.write(x)
    if (field.kind === 'value') fields.append(rule.name, field.value)
  }
}

/** Adds each value to what the backend would get of its field by now. */
function addValues(
  { append }: FieldRules,
  x: Exchange,
  setHeaders: string[],
  removeHeaders: readonly string[],
): Refuse | undefined {
  const outgoing = x.outgoingHeaders()
  for (const name of removeHeaders) outgoing.remove(name)
  for (let i = 0; i < setHeaders.length; i += 2)
    outgoing.set(setHeaders[i] as string, setHeaders[i + 1] as string)
  for (const rule of append) {
    const field = rule.write(x)
    if (field.kind === 'unfit') return unfit(rule)
    if (field.kind === 'unknown') continue
    setHeaders.push(rule.name, joinValues(rule.lowerName, [...outgoing.all(rule.lowerName), field.value]))
  }
  return undefined
}

/** One name for another, value by value: those of `Set-Cookie` cannot be joined. */
function renameIn(fields: HeaderList, from: string, to: string): void {
  const values = fields.all(from)
  if (values.length === 0) return
  fields.remove(from)
  fields.remove(to)
  for (const value of values) fields.append(to, value)
}
