/*
 * QR codes from a camera: found by the browser if it can, else by the helper, to
 * which frames go as bytes of grey.  Knows no gate and no verdict: it hands on texts.
 * docs/demo.md, "Pages".
 */

import { api } from './hall.js';

const PERIOD = 200;                /* ms between two frames, at least */
const WIDEST = 800;                /* pixels of a frame that is sent */

/* A function that reads a frame of the video: a text, or null. */
async function reader(video) {
    if ('BarcodeDetector' in window
        && (await window.BarcodeDetector.getSupportedFormats()).includes('qr_code'))
    {
        const detector = new window.BarcodeDetector({ formats: ['qr_code'] });
        return async () => (await detector.detect(video))[0]?.rawValue ?? null;
    }

    const canvas = document.createElement('canvas');
    const context = canvas.getContext('2d', { willReadFrequently: true });
    return async () => {
        const w = Math.min(WIDEST, video.videoWidth);
        const h = Math.round(video.videoHeight * w / video.videoWidth);
        if (canvas.width !== w || canvas.height !== h) {
            canvas.width = w;
            canvas.height = h;
        }
        context.drawImage(video, 0, 0, w, h);
        const body = grey(context.getImageData(0, 0, w, h).data);
        return (await api(`scan?w=${w}&h=${h}`, undefined, { method: 'POST', body,
            headers: { 'Content-Type': 'application/octet-stream' } })).text;
    };
}

function grey(rgba) {
    const bytes = new Uint8Array(rgba.length / 4);
    for (let i = 0; i < bytes.length; i++) {
        bytes[i] = (77 * rgba[4 * i] + 150 * rgba[4 * i + 1] + 29 * rgba[4 * i + 2]) >> 8;
    }
    return bytes;
}

/*
 * Shows the camera in the video and calls found(text) for each frame that has a
 * code, failed(error) for each that could not be read.  Returns a function that
 * ends it.  Throws what getUserMedia throws.
 */
export async function scan(video, found, failed) {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: false,
        video: { facingMode: 'environment', width: { ideal: 1280 }, height: { ideal: 720 } } });
    let isOn = true;

    async function look(read) {
        while (isOn) {
            const from = performance.now();
            if (video.videoWidth > 0 && !document.hidden) {
                try {
                    const text = await read();
                    if (text && isOn) {
                        found(text);
                    }
                } catch (error) {
                    if (isOn) {
                        failed(error);
                    }
                }
            }
            await new Promise((resolve) => setTimeout(resolve,
                Math.max(20, PERIOD - (performance.now() - from))));
        }
    }

    video.srcObject = stream;
    await video.play();
    look(await reader(video));

    return () => {
        isOn = false;
        stream.getTracks().forEach((track) => track.stop());
        video.srcObject = null;
    };
}
