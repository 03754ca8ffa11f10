/** How deep parentheses and `!` may nest in the text of a condition. Far more than people write, far less than a stack holds. */
export const CONDITION_DEPTH_MAX = 200;
