#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The jobs of bench_xval with scikit-learn and XGBoost, in one thread.

    bench_xval --write DIR && bench_xval.py DIR [JOB...]

Prints the same CSV: job, seconds of the processor, best score. The slow jobs run once, the fast ones three times.
"""
import os

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ[name] = "1"

import resource
import sys
import time
import warnings

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import ElasticNetCV, LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, KFold, StratifiedKFold, cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

warnings.filterwarnings("ignore")


def grid(model, name, cv, scoring):
    def run(x, y, values):
        search = GridSearchCV(model, {name: values}, cv=cv, scoring=scoring, refit=False)
        return search.fit(x, y).cv_results_["mean_test_score"].max()

    return run


def plain(model, cv, scoring):
    return lambda x, y, values: cross_val_score(model, x, y, cv=cv, scoring=scoring).mean()


def elastic_net(x, y, alphas):
    """Scores from the mean squared errors of the folds."""
    cv = KFold(5)
    model = ElasticNetCV(l1_ratio=0.5, alphas=alphas, cv=cv).fit(x, y)
    variances = np.array([y[test].var() for _, test in cv.split(x)])
    return (1 - model.mse_path_ / variances).mean(axis=1).max()


def xgboost_cv(x, y, values):
    import xgboost

    folds = list(StratifiedKFold(5).split(x, y))
    result = xgboost.cv({"objective": "binary:logistic", "eval_metric": "error", "nthread": 1},
                        xgboost.DMatrix(x, y, nthread=1), num_boost_round=100, folds=folds)
    return 1 - result["test-error-mean"].iloc[-1]


def integers(run):
    return lambda x, y, values: run(x, y, [int(v) for v in values])


STRATIFIED = StratifiedKFold(5)
TREE = DecisionTreeClassifier(random_state=0)
JOBS = {
    "ridge": (grid(Ridge(), "alpha", KFold(10), "r2"), 1),
    "elastic_net": (elastic_net, 3),
    "elastic_net_apart": (elastic_net, 3),
    "logistic": (plain(LogisticRegression(), STRATIFIED, "accuracy"), 3),
    "logistic_grid": (grid(LogisticRegression(), "C", STRATIFIED, "accuracy"), 1),
    "decision_tree": (integers(grid(TREE, "max_depth", STRATIFIED, "accuracy")), 1),
    "knn": (integers(grid(KNeighborsClassifier(), "n_neighbors", STRATIFIED, "accuracy")), 1),
    "random_forest": (plain(RandomForestClassifier(random_state=0), STRATIFIED, "accuracy"), 1),
    "xgboost": (xgboost_cv, 1),
}


def main():
    folder, asked = sys.argv[1], sys.argv[2:]
    print("job,seconds,best_score,peak_mb")
    for name, (run, rounds) in JOBS.items():
        if asked and name not in asked:
            continue
        x, y, values = (np.load(f"{folder}/{name}.{what}.npy") for what in ("x", "y", "grid"))
        seconds = []
        for _ in range(rounds):
            start = time.process_time()
            best = run(x, y, values)
            seconds.append(time.process_time() - start)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(f"{name},{min(seconds):.4f},{best:.12g},{peak}", flush=True)


main()
