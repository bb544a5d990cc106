import type { XmlLimits } from '@portcullis/xml/read-xml'

/** Room for an assertion with a few hundred groups and its certificates, and for no more. */
export const MESSAGE_LIMITS: XmlLimits = {
  maxCharacters: 256 * 1024,
  maxDepth: 24,
  maxElements: 4_000,
  maxAttributes: 24,
  // Between two pieces of a name a comment has let people in as somebody else.
  comments: 'refused',
}
