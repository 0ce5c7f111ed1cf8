/*
 * The first page of the demo: words and links.
 * docs/demo.md, "Pages".
 */

import { begin } from './hall.js';

begin();
