#!/usr/bin/perl
# util/phrases.pl: finds phrases of util/phrases in what people read: comments
# and strings of C, comments of scripts, documents. make style runs it.
#
#     util/phrases.pl [FILE...]    FILE:LINE: "phrase"; write ...
#                                  in the folders of the list, or in these files
#     util/phrases.pl --where      the number of comments of C with "where" for "if"

use strict;
use warnings;

use File::Basename qw(dirname);
use File::Find;
use File::Spec;

my $root = dirname(dirname(File::Spec->rel2abs(__FILE__)));
chdir $root or die "phrases: $root: $!\n";

die "usage: util/phrases.pl [FILE... | --where]\n" if grep { /^-/ && $_ ne '--where' } @ARGV;


# The list: lines "in FOLDER..." and "PATTERN => what to write".
sub read_list {
    my (@places, @phrases);
    open my $in, '<', 'util/phrases' or die "phrases: util/phrases: $!\n";
    while (my $line = <$in>) {
        next if $line =~ /^(?:#|$)/;
        if ($line =~ /^in +(.+)$/) {
            push @places, split ' ', $1;
        }
        elsif ($line =~ /^(.+?) +=> +(.+)$/) {
            my ($pattern, $advice) = ($1, $2);
            push @phrases, { pattern => qr/\b(?:$pattern)\b/i, advice => $advice };
        }
        else {
            die "util/phrases:$.: neither \"in FOLDER...\" nor \"PATTERN => ADVICE\"\n";
        }
    }
    return (\@places, \@phrases);
}


sub slurp {
    my ($name) = @_;
    open my $in, '<', $name or die "phrases: $name: $!\n";
    local $/;
    return scalar <$in>;
}


# Everything but what people read becomes blanks; lines keep their numbers.
sub blank { return $_[0] =~ s/[^\n]/ /gr }

# Comments of C, and strings: but not those of t/, which repeat messages.
sub prose_of_c {
    my ($text, $strings) = @_;
    my $out = '';
    while ($text =~ m{\G (?: (/\*.*?\*/) | ("(?:[^"\\\n]|\\.)*")
                           | ('(?:[^'\\\n]|\\.)*') | ([^/"']+|.) )}gcsx) {
        my ($comment, $string) = ($1, $2);
        my $code = $&;
        $out .= defined $comment ? $comment =~ s{^/\*}{ \f}r =~ s{\*/$}{ \f}r =~ s/^ \*/  /mgr
              : defined $string && $strings ? $string =~ s/"|\\./ /gr
              : $code =~ s/[^\n;,(){}]/ /gr =~ s/[^\n ]/\f/gr;
    }
    return $out;
}

# Lines of comments, and the text after a "# " behind code.
sub prose_of_script {
    my ($text, $sign) = @_;
    my ($out, $pod) = ('', 0);
    for my $line (split /^/, $text) {
        $pod = 0 if $line =~ /^=cut/;
        $out .= $pod || $line =~ /^\s*$sign/ ? $line =~ s/$sign/ /gr
              : $line =~ /^(.*?\s)$sign (?=[a-z])(.*)/s && $1 !~ /['"]\s*$/
              ? blank($1) . $2 : blank($line);
        $pod = 1 if $line =~ /^=(?:head|over|item|encoding|pod)/;
    }
    return $out;
}

# Without code, in fences and in backquotes; and without tables of messages,
# whose texts are those of the sources.
sub prose_of_document {
    my ($text) = @_;
    $text =~ s/^\|[^\n]* says \|\n\|[-|]+\n(?:\|[^\n]*\n)+/blank($&)/gem;
    $text =~ s/^```.*?^```$/blank($&)/gesm;
    $text =~ s/`[^`]*`/'x' x 3 . blank(substr $&, 3)/ges;
    return $text;
}

sub prose {
    my ($name, $text) = @_;
    return prose_of_c($text, $name !~ m{^t/}) if $name =~ /\.[ch]\z/;
    return prose_of_document($text)        if $name =~ /\.md\z/;
    return prose_of_script($text, '--+')   if $name =~ /\.lua\z/;
    return $text                           if $name =~ /(?:^|\/)CHANGES\z/;
    return prose_of_script($text, '#+')
        if $name =~ /\.(?:pl|pm|t|sh|awk)\z|Makefile\z/ || $text =~ /\A#!/;
    return '';
}


sub files {
    my (@places) = @_;
    my @files;
    find({ no_chdir => 1, wanted => sub {
        my $name = $File::Find::name =~ s{^\./}{}r;
        $File::Find::prune = 1, return
            if $name =~ m{^(?:build|\.deps|\.git)\z|(?:^|/)corpus\z};
        push @files, $name if -f $name && $name ne 'util/phrases';
    } }, grep { -e } @places);
    return sort @files;
}


my ($places, $phrases) = read_list();

if ("@ARGV" eq '--where') {
    my ($comments, $where) = (0, 0);
    for my $name (grep { /\.[ch]\z/ } files('.')) {
        my $text = slurp($name);
        while ($text =~ m{/\*(.*?)\*/}gs) {
            my $comment = $1 =~ s/\n \*?/ /gr =~ s/\s+/ /gr;
            $comments++;
            next if $comment =~ /where \w+(?: \w+)? (?:begins|ends|stands|points|lives)\b/i;
            $where++ if $comment =~ m{
                (?: \b(?:NULL|false|true|0|-1|not|nothing|none|else|all) ,?
                    | [.;:,] | ^ \ * (?=[^.]*,) )
                \ where \ (?: there | it | they | one | none | nobody | nothing
                          | no | an? | the | this | that | its | all | each
                          | some | both | two | more | what | who | somebody )\b
                }xi;
        }
    }
    print "where: $where of $comments comments say \"where\" for \"if\"\n";
    exit 0;
}

# Words with one blank between them, or with a newline between paragraphs and
# across code (a form feed); and where each word begins, with its line.
sub flat {
    my ($text) = @_;
    my ($flat, $line, @starts) = ('', 1);
    while ($text =~ /\G(\s*)(\S+)/gc) {
        my ($gap, $word) = ($1, $2);
        my $lines = $gap =~ tr/\n//;
        $line += $lines;
        $flat .= $lines > 1 || $gap =~ /\f/ ? "\n" : ' ' if $flat ne '';
        push @starts, [ length $flat, $line ];
        $flat .= $word;
    }
    return ($flat, \@starts);
}

my $found = 0;
for my $name (@ARGV ? @ARGV : files(@$places)) {
    my ($text, $starts) = flat(prose($name, slurp($name)));
    for my $phrase (@$phrases) {
        while ($text =~ /$phrase->{pattern}/g) {
            my ($at, $shown) = ($-[0], $&);
            my ($word) = grep { $_->[0] <= $at } reverse @$starts;
            print qq($name:$word->[1]: "$shown"; $phrase->{advice}\n);
            $found++;
        }
    }
}
exit($found ? 1 : 0);
