import { jsonPointer, pathOf } from '@portcullis/kernel/json-pointer'
import { vocabulary } from '@portcullis/policy-kit/condition/vocabulary'

/** A JSON Pointer into the words of conditions that are known when rules are asked: `/method`, `/claims/tier`. */
export const wordPointer = () =>
  jsonPointer()
    .refine(
      isKnown,
      'it begins with a word of docs/reference/conditions.md that is known here, such as /method or /claims/tier',
    )
    .refine(
      isShareable,
      'fields of the request are told one by one, as /headers/x-region, and those with credentials never',
    )

/** Every word but those of the body, which nobody has read when rules are asked. */
function isKnown(pointer: string): boolean {
  const [first = ''] = pathOf(pointer)
  return Object.hasOwn(vocabulary, first) && vocabulary[first]?.ofBody !== true
}

const secretFields: readonly string[] = ['authorization', 'proxy-authorization', 'cookie', 'dpop']

/** Who decides does not need what would let them call in somebody's name. */
function isShareable(pointer: string): boolean {
  const [first, field] = pathOf(pointer)
  return first !== 'headers' || (field !== undefined && !secretFields.includes(field.toLowerCase()))
}
