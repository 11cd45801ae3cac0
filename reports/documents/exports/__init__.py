"""Documents whose form others have set: the ICO's record of processing, an answer under Article 15, a public page."""
