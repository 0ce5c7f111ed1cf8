/*
 * What a guard hears: two rising tones for a pass and for nothing else, low ones
 * for a refusal.  Knows no verdict but its kind.  docs/demo.md, "Pages".
 */

/* Hz and s, one tone after the other; a shape of wave. */
const TUNES = {
    pass: ['sine', [880, 0.12], [1320, 0.22]],
    stop: ['square', [180, 0.7]],
    check: ['triangle', [520, 0.15], [0, 0.06], [520, 0.15], [0, 0.06], [520, 0.15]],
    renew: ['triangle', [440, 0.18], [330, 0.3]],
    busy: ['triangle', [330, 0.12], [0, 0.1], [330, 0.12]]
};

let context = null;

/* A browser lets a page sound only after somebody has touched it. */
export function wake() {
    context ||= new AudioContext();
    context.resume();
}

export function play(kind) {
    const [shape, ...tones] = TUNES[kind];
    if (!context || context.state !== 'running') {
        return;
    }
    let at = context.currentTime;
    for (const [frequency, seconds] of tones) {
        if (frequency) {
            const tone = context.createOscillator();
            const volume = context.createGain();
            tone.type = shape;
            tone.frequency.value = frequency;
            volume.gain.setValueAtTime(0, at);
            volume.gain.linearRampToValueAtTime(0.3, at + 0.01);
            volume.gain.setValueAtTime(0.3, at + seconds - 0.03);
            volume.gain.linearRampToValueAtTime(0, at + seconds);
            tone.connect(volume).connect(context.destination);
            tone.start(at);
            tone.stop(at + seconds);
        }
        at += seconds;
    }
}
