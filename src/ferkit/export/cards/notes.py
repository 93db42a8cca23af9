"""What every model's page says in words: limits, law, data. Facts with their source, none of them a
figure of a model.
"""

from __future__ import annotations

LIMITS = """\
- It names the **apparent expression** of a face, as people labelled it, not what somebody feels.
  Expressions and feelings agree less reliably than is widely assumed (L. F. Barrett et al.,
  "Emotional Expressions Reconsidered: Challenges to Inferring Emotion From Human Facial Movements",
  *Psychological Science in the Public Interest* 20(1), 2019).
- It knows FER-2013's photographs from the web of 2013: found by searching for words of emotion,
  often posed, cropped by a face detector, grey, 48x48 pixels. On video, on other cameras, on
  profiles and covered faces it is less accurate than the tables say; measure it on images of your
  own (`ferkit evaluate`) before relying on it.
- The labels are noisy. People agree with them in 65 ± 5 of 100 cases (I. J. Goodfellow et al.,
  "Challenges in Representation Learning: A report on three machine learning contests", ICONIP
  2013).
- FER-2013 has no demographic labels, so nobody can say from it whether a model is equally accurate
  for everybody. Data sets of this kind are known to represent people unequally, by apparent race,
  age and gender, and to tie some emotions to some groups (T. Xu et al., "Investigating Bias and
  Fairness in Facial Expression Recognition", ECCV Workshops 2020; I. Dominguez-Catena et al.,
  "Metrics for Dataset Demographic Bias: A Case Study on Facial Expression Recognition", *IEEE
  TPAMI* 2024). Expect the model to have learned that.
- Do not use it to decide anything about a person: not on hiring, credit, guilt, health or
  truthfulness.
"""

LAW = """\
Regulation (EU) 2024/1689, the AI Act; no legal advice, and other law applies beside it:

- **Article 5(1)(f)** prohibits AI systems that infer emotions of people at the **workplace** and in
  **educational institutions**, except for medical or safety reasons. It has applied since 2
  February 2025. Do not use this model there.
- **Annex III, point 1(c)**: AI systems intended for emotion recognition are **high-risk**
  elsewhere, with the duties of Chapter III.
- **Article 50(3)**: whoever uses an emotion recognition system must **inform** the people who are
  exposed to it, and process their data by the General Data Protection Regulation. Pictures of faces
  are personal data.
"""

DATA = """\
FER-2013 was collected by Pierre-Luc Carrier and Aaron Courville for the challenge at ICML 2013 from
images that a web search found; the people in them were not asked, and the rights in the photographs
are with their owners. The challenge's data came without an open licence. ferkit ships no image of
it. Whether weights that were trained on such photographs may be used for a given purpose is not
settled in every country; the files of ferkit's own are offered under its MIT licence as far as it
can grant that.
"""

FERPLUS = """\
While training, a second head also learned the votes of ten people for each image from FER+ (E.
Barsoum et al., "Training Deep Networks for Facial Expression Recognition with Crowd-Sourced Label
Distribution", ICMI 2016; MIT licence). That head is not in the shipped file. Figures of this model
are figures **with extra labels**: do not compare them with those of models that learned from
FER-2013's labels alone without saying so.
"""

WILD_USE = """\
They call a calm face neutral. Two heads over one network learned FER-2013's labels and the votes of
ten people on each image (FER+); one head combines both. They know contempt as an eighth class:
`classes=8` asks for it, and without that its probability is shared among the seven in proportion to
theirs. Photographs: accuracy, mean of the recalls (balanced), recall of neutral and calibration
error on 1,190 news photographs, on which the share of the heads, the temperature and the threshold
of uncertainty were chosen. FER+ test: its majority, eight classes. FER-2013's labels call many calm
faces sad or angry, so agreement with them is low, and meant to be. All with the mirror image, as
recognition asks them.
"""

FER2013_USE = """\
They answer with FER-2013's own labels, for whoever measures on FER-2013 or compares with papers. On
photographs of your own they call seven of ten calm faces sad, angry or afraid. Accuracies are of
FER-2013's test split (PrivateTest), which decided nothing; `clean` leaves out images with a
pixel-identical twin in the training split. Up to version 0.1 they were called `nano`, `small` and
`base`; those names go on meaning them.
"""

WILD_LIMITS = """\
- The photographs on which it was chosen are of people in the news, from Labeled Faces in the Wild:
  mostly adults, mostly men, facing the camera. One student labelled each. A second person labelled
  498 pictures of the same source and agreed on half, and said neutral far less often.
- Contempt, disgust and fear are rare in what it learned from; it hardly ever names them.
"""

WILD_FERPLUS = """\
It learned FER-2013's labels and the votes of ten people for each image from FER+ (E. Barsoum et
al., "Training Deep Networks for Facial Expression Recognition with Crowd-Sourced Label
Distribution", ICMI 2016; MIT licence), and answers from both. Its figures on FER-2013's own labels
say how often it agrees with those, not how good it is.
"""

CHOSEN = """\
Epoch, seed, temperature and threshold were chosen on validation, which therefore flatters the model
a little; test decided none of them. Confidences are calibrated for one pass, not for the mean over
views."""

CHOSEN_WILD = """\
The epoch was chosen on validation by the head for these labels, which has a fifth of the say; test
decided nothing. The seeds below are figures of that head alone."""
