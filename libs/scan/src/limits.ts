/** Every bound of the library in one place, each with the reason. */

/** What `*`, `+` and `{n,}` mean at most: a match must have a longest length, or a stream could never release text. */
export const REPEAT_UNBOUNDED = 256;
/** Highest number a pattern may write in `{n,m}`: a PEM block fits. */
export const REPEAT_MAX = 4_096;
/** Characters of a pattern's source. */
export const SOURCE_MAX = 4_096;
/** Steps of one pattern once its repeats are written out: 16 k steps are about 400 KB. */
export const STEPS_MAX = 16_384;
/** Code units of the longest match: a stream may have to hold back as much. */
export const MATCH_MAX = 8_192;
/** Literals of one pattern: more of them make the table larger than they make it selective. */
export const LITERALS_MAX = 64;
/** Symbols of one literal: twelve tell `ignore all p` from all that begins `ignore`. */
export const LITERAL_SYMBOLS_MAX = 12;
/** Symbols of a character class that literals are spelled out for. */
export const CLASS_SYMBOLS_MAX = 8;
/** Expected literal hits per character of ordinary text; above it a pattern would be tried nearly everywhere. */
export const HITS_PER_UNIT_MAX = 1 / 200;
/** States of the verifying automata that one scanner keeps, about 300 B each; when they are used up it starts afresh. */
export const STATES_KEPT_MAX = 40_000;
/** States of one of them: twice their number is one of sixteen bits. */
export const STATES_OF_ONE_MAX = 16_000;
/** Code units scanned before candidates are verified: text and table stay in the cache, lists of hits stay short. */
export const BLOCK_UNITS = 32_768;
/** Code units of a slice, of a scan that lets others through: a few hundredths of a ms before anything is verified. */
export const SLICE_UNITS = 8_192;
/** Steps of verifying before such a scan asks whether others wait: half a ms, a few where automata have to be built. */
export const STEPS_AT_ONCE = 8_192;
/** Copies of a repeat that an automaton beside a literal tells apart; more are as good as any number. */
export const LOOSE_COPIES_MAX = 8;
/** Code units looked at beside a literal before a search is worth its while. */
export const SIDE_UNITS_MAX = 32;
