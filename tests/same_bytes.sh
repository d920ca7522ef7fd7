#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# All features of the golden inputs, selections and cross-validations with all that is written beside them, by
# two builds, to the byte: tests/same_bytes.sh BUILD OTHER_BUILD
set -euo pipefail
one=$(realpath "${1:?two folders of builds}")
other=$(realpath "${2:?two folders of builds}")
cd "$(dirname "$0")/.."
golden=$PWD/tests/golden
data=$PWD/data
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# select_from FEATURES TARGET_FILE NAME OPTION...
select_from() {
    "$mltool" -q select "$1" --target-file "$2" -o "$3.csv" --relevance "$3.relevance.csv" \
        --plot "$3.svg" --report "$3.html" "${@:4}"
}

# validate NAME OPTION...
validate() {
    "$mltool" -q xval "${@:2}" --oof "$1.oof.csv" --plot "$1.svg" --report "$1.html" -o "$1.json"
}

write_all() { # BUILD
    local mltool=$1/ml/cli/mltool name
    for name in edge irregular multikind random; do
        "$mltool" -q fresh "$golden/inputs/$name.csv.gz" -o "$name.csv"
    done
    for name in hurricane max_wind; do # classes, numbers
        "$mltool" -q fresh "$data/storms.csv" --target-file "$data/storms_target.csv" \
            --target "$name" -o "$name.csv" --relevance "$name.relevance.csv" --recipe "$name.json" \
            --plot "$name.svg" --report "$name.html"
    done
    for name in "$golden"/select/synth_*; do
        select_from "$name/X.csv.gz" "$name/y.csv.gz" "${name##*/}"
        select_from "$name/X.csv.gz" "$name/y.csv.gz" "${name##*/}.ks" --test ks --method bh --redundancy 0.5
    done
    select_from "$golden/select/synth_binary/X.csv.gz" "$golden/select/synth_binary/y.csv.gz" kx \
        --test kx --method kx
    select_from "$golden/select/synth_three_class/X.csv.gz" "$golden/select/synth_three_class/y.csv.gz" \
        multiclass --multiclass --n-significant 2
    validate ridge "$data/diabetes.csv" --target y --model ridge --grid alpha=log:1e-3:1e3:20 --prep standard
    validate lasso "$data/diabetes.csv" --target y --model lasso --grid alpha=log:1e-3:1:20 --pick 1se
    validate logistic "$data/breast_cancer.csv" --target y --model logistic --grid C=log:1e-3:10:5 --prep standard
    validate net "$data/diabetes.csv" --target y --model elastic_net --grid l1_ratio=0.1,0.5,0.9 --cv loo
    validate bayes "$data/breast_cancer.csv" --target y --model gaussian_nb --cv kfold:10
    validate tree "$data/breast_cancer.csv" --target y --model decision_tree --grid max_depth=int:1:8
    validate knn "$data/breast_cancer.csv" --target y --model knn --grid n_neighbors=int:1:20
    validate forest "$data/breast_cancer.csv" --target y --model random_forest --set n_estimators=20 \
        --sobol 8 --space max_depth=int:2:9 --cv shuffled:4 --repeat 2
}

mkdir "$folder/one" "$folder/other"
(cd "$folder/one" && write_all "$one")
(cd "$folder/other" && write_all "$other")
diff -qr "$folder/one" "$folder/other"
